// On a terminal a transaction runs in a process of its own, which no key reaches. The command's own
// process stays with the person: it shows how far that is, and asks at Ctrl+C whether to leave it
// running, to cancel it, or to go on. The transaction never waits for the answer.
#pragma once

#include "agent/cli/terminal_observer.h"
#include "base/unique_fd.h"

namespace ignite::cli {

/// Tells the process that stayed with the person.
class AccompaniedObserver : public TerminalObserver {
 public:
  AccompaniedObserver(FileSystem& files, Clock& clock, const engine::ProbePaths& paths,
                      UniqueFd channel)
      : TerminalObserver(files, clock, paths, false), channel_(std::move(channel)) {}

  void OnProgress(const engine::Progress& progress) override;

 private:
  UniqueFd channel_;
};

/// Whether there is somebody to show it to and to ask.
bool IsOnTerminal();

/// Forks. In the new process, which has no terminal, it returns the channel for an
/// AccompaniedObserver. The caller's process never returns: it prints what the other one printed
/// and ends with its code, or prints `left` and ends with 0 where the person leaves it running.
Result<UniqueFd> GoOnAccompanied(const std::string& left);

}  // namespace ignite::cli
