#include "agent/engine/session.h"

#include "agent/engine/housekeeping.h"
#include "agent/engine/running_system.h"
#include "agent/engine/transaction.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {
namespace {

constexpr mode_t kTraversable = 0755;

}  // namespace

std::optional<Error> ObstacleOf(const TransactionRecord& unfinished) {
  std::string words =
      StrCat("transaction ", unfinished.id, " (", Printable(unfinished.bundle), ") ");
  if (unfinished.state == State::kStuck)
    return Error{ErrorCode::kRefused, StrCat(words, "is stuck: ", unfinished.cause),
                 unfinished.remedy};
  if (!unfinished.WaitsForReboot()) return std::nullopt;
  return Error{ErrorCode::kBusy, StrCat(words, "waits for the reboot of this probe"),
               "reboot it, where it does not by itself ('reboot' in agent.ini); 'ignite cancel' "
               "gives up what is ready"};
}

Result<Session> Session::Open(const Parts& parts, std::string_view purpose, Occasion occasion,
                              Observer& observer) {
  TRY(parts.files.MakeDirectories(parts.paths.State(), kTraversable));
  TransactionLock lock = TRY(TransactionLock::Take(parts.paths.Lock(), purpose));
  Session session(parts, std::move(lock),
                  TRY(Journal::Open(parts.paths.Journal(), parts.files, parts.clock)));
  if (occasion == Occasion::kBoot) TRY(session.LeadToRightSystem());
  if (auto unfinished = TRY(session.journal_.Unfinished())) {
    // Neither of its two sides could run here.
    auto wrong = TRY(FindWrongSystem(session.journal_, parts.handlers, parts.boot));
    if (wrong && IsActivated(unfinished->state)) return wrong->error;
    bool leave = unfinished->state == State::kStuck && occasion == Occasion::kWork;
    Transaction transaction(parts, session.journal_, unfinished->id, observer);
    Verdict verdict = leave ? unfinished->ToVerdict()
                            : TRY(transaction.Resume(*unfinished, occasion == Occasion::kBoot));
    session.recovered_ = Recovered{unfinished->bundle, unfinished->content_id, std::move(verdict)};
  }
  session.Tidy();
  return session;
}

Result<> Session::LeadToRightSystem() {
  auto wrong = TRY(FindWrongSystem(journal_, parts_.handlers, parts_.boot));
  // Where it cannot be told, the remedy says that somebody has to choose.
  if (wrong) (void)parts_.boot.MarkGood(wrong->wanted());
  return {};
}

void Session::Tidy() {
  auto unfinished = journal_.Unfinished();
  if (unfinished && !*unfinished) (void)CleanUp(parts_, journal_);
}

const Verdict* Session::Blocking() const {
  return recovered_ && !IsFinal(recovered_->verdict.state) ? &recovered_->verdict : nullptr;
}

}  // namespace ignite::engine
