// SIGINT, SIGTERM and SIGHUP end ignite-pack, as whoever waits for it sees, and leave nothing
// behind that it has made for itself: no program of a step, no scratch folder, no copy of a
// database.
//
// A handler of signals may do next to nothing. It puts another program in the place of ours, which
// is ignite-pack again: that ends all threads and connections and keeps the process with its
// children, so that the program can tidy up in peace.
#pragma once

#include <signal.h>

#include <string>
#include <vector>

namespace ignite::packager {

/// Called by main before anything else. Signals that are ignored stay so, as under nohup.
void TidyUpOnSignals();

/// Whether a main was started in the place of one that got a signal, and must only RunTidier.
bool IsTidier(const std::vector<std::string>& words);
/// Ends by the signal.
int RunTidier(const std::vector<std::string>& words);

/// What a signal removes while this lives. One at a time in a process.
class RemovedOnSignal {
 public:
  /// `copy` is an address of PostgreSQL that `database` has a copy at; empty for none.
  RemovedOnSignal(const std::string& folder, const std::string& database, const std::string& copy);
  RemovedOnSignal(const RemovedOnSignal&) = delete;
  RemovedOnSignal& operator=(const RemovedOnSignal&) = delete;
  ~RemovedOnSignal();
};

/// Between its beginning and its end this thread gets no signal of those: what is made is also
/// registered.
class SignalsHeld {
 public:
  SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld();

 private:
  sigset_t before_{};
};

}  // namespace ignite::packager
