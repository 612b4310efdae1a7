// One call of the engine: the lock, the journal, and what an earlier process left, finished before
// anything else begins.
#pragma once

#include <optional>

#include "agent/engine/engine.h"
#include "agent/engine/journal.h"
#include "agent/engine/transaction_lock.h"

namespace ignite::engine {

/// What keeps a new transaction from beginning, where the unfinished one has neither been
/// interrupted nor is at work: kBusy where it waits for the reboot, kRefused where it is stuck.
std::optional<Error> ObstacleOf(const TransactionRecord& unfinished);

class Session {
 public:
  /// Who asks: only a recovery tries a stuck transaction again, which stops and starts units. At
  /// boot nothing of the product runs yet.
  enum class Occasion : uint8_t { kWork, kRecovery, kBoot };

  /// Finishes an interrupted transaction, and the clean-up behind any. kBusy where another process
  /// has the lock.
  static Result<Session> Open(const Parts& parts, std::string_view purpose, Occasion occasion,
                              Observer& observer);

  /// Clean-up behind a transaction that has ended. What cannot be done now, the next session does.
  void Tidy();

  Journal& journal() { return journal_; }
  /// How the interrupted transaction ended, where there was one.
  const std::optional<Recovered>& recovered() const { return recovered_; }
  /// Its verdict where it keeps a new transaction from beginning: it has not ended.
  const Verdict* Blocking() const;

 private:
  Session(const Parts& parts, TransactionLock lock, Journal journal)
      : parts_(parts), lock_(std::move(lock)), journal_(std::move(journal)) {}

  /// The next boot enters the slot of the active deployment, whoever chose the one that runs, and
  /// however the boot loader forgot.
  Result<> LeadToRightSystem();

  const Parts& parts_;
  TransactionLock lock_;
  Journal journal_;
  std::optional<Recovered> recovered_;
};

}  // namespace ignite::engine
