#include "agent/cli/commands.h"
#include "agent/engine/cancellation.h"
#include "agent/engine/journal.h"
#include "agent/engine/report.h"
#include "base/digest.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::cli {
namespace {

constexpr Clock::Milliseconds kPoll{200};

std::string CancelWords(const engine::TransactionRecord& transaction) {
  return StrCat("transaction ", transaction.id, " (", Printable(transaction.bundle), ") is ",
                engine::StateName(transaction.state), ": ", CancelMeaning(transaction.state));
}

Result<std::optional<engine::TransactionRecord>> Running(const engine::Parts& parts) {
  return TRY(engine::TakeSnapshot(parts.files, parts.paths)).transaction;
}

/// Nobody runs it where its process has died: then recovery does what was asked. false where
/// somebody does.
Result<bool> RecoverIfAbandoned(const engine::Parts& parts, engine::Observer& observer) {
  auto recovered = engine::Engine(parts).Recover(observer);
  if (recovered) return true;
  if (recovered.error().code == ErrorCode::kBusy) return false;
  return std::move(recovered).error();
}

Result<bool> WaitsForReboot(const engine::Parts& parts, int64_t id) {
  auto running = TRY(Running(parts));
  return running && running->id == id && running->WaitsForReboot();
}

}  // namespace

std::string CancelMeaning(engine::State state) {
  return engine::IsActivated(state) ? "it was activated, so cancelling rolls it back"
                                    : "nothing was activated, so what was unpacked is removed";
}

Result<Answer> Cancel(const engine::Parts& parts, engine::Observer& observer) {
  auto running = TRY(Running(parts));
  if (!running) {
    return Error{ErrorCode::kRefused, "no transaction is running",
                 "'ignite rollback' returns from one that was committed"};
  }
  int64_t id = running->id;
  std::string words = CancelWords(*running);
  TRY(engine::AskToCancel(parts.files, parts.paths, id));
  for (;;) {
    running = TRY(Running(parts));
    if (!running || running->id != id || running->state == engine::State::kStuck) break;
    // The rest of a rollback comes with the next boot.
    if (TRY(RecoverIfAbandoned(parts, observer)) && TRY(WaitsForReboot(parts, id))) break;
    parts.clock.Sleep(kPoll);
  }
  engine::Story story = TRY(engine::ReadStory(parts.paths, id));
  Json document = engine::StoryJson(story);
  std::string text = StrCat(words, "\n", engine::StoryText(story));
  engine::State state = story.transaction.state;
  bool undone = state == engine::State::kCancelled || state == engine::State::kRolledBack;
  int code = state == engine::State::kStuck         ? engine::exit_code::kStuck
             : state == engine::State::kRollingBack ? engine::exit_code::kWaiting
             : undone                               ? engine::exit_code::kDone
                                                    : engine::exit_code::kFailed;
  return Answer{std::move(document), std::move(text), code};
}

Result<Answer> Hold(const engine::Parts& parts, const std::optional<std::string>& content,
                    engine::Observer& observer) {
  std::string what = content.value_or(std::string(engine::Journal::kEverything));
  if (content && !Sha256Digest::FromHexText(*content)) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("'", Printable(*content), "' is no content id"),
                 "give the 64 hexadecimal digits that 'ignite-pack inspect' shows"};
  }
  TRY(engine::Engine(parts).Hold(what, observer));
  Json document = Json::EmptyObject();
  document.Set("held", what);
  return Answer{std::move(document),
                content ? StrCat("held: ", Printable(what), "\n")
                        : std::string("held: uploads are not installed before 'ignite unhold'\n"),
                engine::exit_code::kDone};
}

Result<Answer> Unhold(const engine::Parts& parts, const std::optional<std::string>& content,
                      engine::Observer& observer) {
  std::vector<std::string> contents;
  if (content) contents = {*content};
  if (!content) contents = TRY(engine::TakeSnapshot(parts.files, parts.paths)).holds;
  for (const std::string& held : contents) TRY(engine::Engine(parts).Unhold(held, observer));
  Json document = Json::EmptyObject();
  document.Set("released", Json::StringArray(contents));
  return Answer{std::move(document),
                contents.empty()
                    ? std::string("nothing was held\n")
                    : StrCat("released: ", Counted(contents.size(), "hold", "holds"), "\n"),
                engine::exit_code::kDone};
}

Result<Answer> Show(const engine::ProbePaths& paths, int64_t transaction) {
  engine::Story story = TRY(engine::ReadStory(paths, transaction));
  return Answer{engine::StoryJson(story), engine::StoryText(story), engine::exit_code::kDone};
}

Result<Answer> History(const engine::ProbePaths& paths) {
  auto transactions = TRY(engine::ReadHistory(paths));
  return Answer{engine::HistoryJson(transactions), engine::HistoryText(transactions),
                engine::exit_code::kDone};
}

Result<Answer> VerifyHistory(const engine::ProbePaths& paths) {
  auto entries = TRY(engine::ReadHistoryChain(paths));
  auto fault = engine::FindHistoryFault(entries);
  Json document = Json::EmptyObject();
  document.Set("verified", !fault.has_value()).Set("entries", entries.size());
  document.Set("head", entries.empty() ? Json() : Json(entries.back().hash));
  document.Set("fault", fault ? Json(*fault) : Json());
  if (!fault) {
    return Answer{std::move(document),
                  StrCat("verified: ", entries.size(), " entries follow from each other\n"),
                  engine::exit_code::kDone};
  }
  return Answer{std::move(document),
                StrCat("the history was changed: ", *fault,
                       "\n  remedy: compare it with an earlier export\n"),
                engine::exit_code::kFailed};
}

Result<Answer> ExportHistory(const engine::ProbePaths& paths) {
  auto entries = TRY(engine::ReadHistoryChain(paths));
  Answer answer{Json::EmptyArray(), {}, engine::exit_code::kDone};
  for (const engine::HistoryEntry& entry : entries) {
    std::string line = engine::HistoryLine(entry);
    answer.document.Push(TRY(Json::ParseStored(line)));
    answer.text += line;
  }
  return answer;
}

}  // namespace ignite::cli
