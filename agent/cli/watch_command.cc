#include <optional>

#include "agent/cli/commands.h"
#include "agent/cli/progress_display.h"
#include "agent/engine/report.h"
#include "base/str_cat.h"

namespace ignite::cli {
namespace {

using engine::Snapshot;
using engine::TransactionRecord;

constexpr Clock::Milliseconds kPoll{250};
/// The daemon takes up what was interrupted within this time, where it runs.
constexpr Clock::Milliseconds kPatience{5'000};

engine::Progress ProgressOf(const Snapshot& snapshot) {
  const TransactionRecord& transaction = *snapshot.transaction;
  // Its file is written now and then; the journal knows each state.
  if (snapshot.progress && snapshot.progress->state == transaction.state) return *snapshot.progress;
  int percent = snapshot.progress ? snapshot.progress->percent : 0;
  return {transaction.id, transaction.state, transaction.step, percent, {}};
}

Answer VerdictOf(const TransactionRecord& transaction) {
  engine::Verdict verdict = transaction.ToVerdict();
  if (verdict.state == engine::State::kCommitted) verdict.deployment = transaction.to;
  if (transaction.WaitsForReboot() && verdict.cause.empty()) {
    verdict.reason = "reboot";
    verdict.cause = "it waits for the reboot of this probe";
    verdict.remedy = "reboot it, or wait until it does by itself";
  }
  return {engine::VerdictJson(verdict, transaction.bundle), engine::VerdictText(verdict),
          engine::ExitCodeFor(verdict)};
}

}  // namespace

Result<Answer> Watch(FileSystem& files, const engine::ProbePaths& paths, Clock& clock,
                     bool is_shown) {
  std::optional<ProgressDisplay> display;
  if (is_shown) display.emplace();
  std::optional<int64_t> watched;
  Clock::Milliseconds worked_on = clock.BootTime();
  for (;; clock.Sleep(kPoll)) {
    Snapshot snapshot = TRY(engine::TakeSnapshot(files, paths));
    const auto& transaction = snapshot.transaction;
    bool is_over = !transaction || (watched && transaction->id != *watched);
    if (is_over && !watched) {
      Json document = Json::EmptyObject();
      document.Set("state", nullptr).Set("outcome", nullptr);
      return Answer{std::move(document), "no transaction is running\n", engine::exit_code::kDone};
    }
    if (is_over) return VerdictOf(TRY(engine::ReadStory(paths, *watched)).transaction);
    watched = transaction->id;
    if (transaction->state == engine::State::kStuck || transaction->WaitsForReboot())
      return VerdictOf(*transaction);
    if (!snapshot.interrupted) worked_on = clock.BootTime();
    if (clock.BootTime() - worked_on >= kPatience) return engine::Interruption(*transaction);
    if (display) display->Show(ProgressOf(snapshot));
  }
}

}  // namespace ignite::cli
