#include "agent/engine/report.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "agent/engine/journal.h"
#include "agent/engine/progress_file.h"
#include "agent/engine/transaction_lock.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {
namespace {

Json ComponentsJson(const DeploymentRecord& deployment) {
  Json components = Json::EmptyObject();
  for (const ComponentRecord& record : deployment.components)
    components.Set(record.component, record.version);
  return components;
}

Json TransactionJson(const TransactionRecord& transaction,
                     const std::optional<Progress>& progress) {
  Json json = Json::EmptyObject();
  json.Set("id", transaction.id)
      .Set("bundle", transaction.bundle)
      .Set("state", StateName(transaction.state));
  json.Set("percent", progress ? progress->percent : 0);
  return json.Set("step", progress ? progress->step : transaction.step);
}

Json FaultJson(const Error& error) {
  Json json = Json::EmptyObject();
  return json.Set("cause", error.cause).Set("remedy", error.remedy);
}

Json TroubleJson(const TransactionRecord& transaction, std::string_view cause,
                 std::string_view remedy) {
  Json json = Json::EmptyObject();
  return json.Set("transaction", transaction.id).Set("cause", cause).Set("remedy", remedy);
}

Json StuckJson(const TransactionRecord& transaction) {
  return TroubleJson(transaction, transaction.cause, transaction.remedy);
}

Json InterruptedJson(const TransactionRecord& transaction) {
  Error error = Interruption(transaction);
  return TroubleJson(transaction, error.cause, error.remedy);
}

/// Whoever works on it has the lock from before its beginning until behind its end, so it is
/// abandoned where it is unfinished before and after a moment in which nobody has.
Result<bool> IsAbandoned(Journal& journal, const ProbePaths& paths,
                         const TransactionRecord& transaction) {
  if (transaction.state == State::kStuck || !TransactionLock::IsFree(paths.Lock())) return false;
  auto still = TRY(journal.Unfinished());
  return still && still->id == transaction.id;
}

bool IsIn(const std::optional<TransactionRecord>& transaction, State state) {
  return transaction && transaction->state == state;
}

bool CanReturnTo(const DeploymentRecord& deployment, const Snapshot& snapshot) {
  const auto& gone = snapshot.without_system;
  return std::find(gone.begin(), gone.end(), deployment.number) == gone.end();
}

std::string ComponentsText(const DeploymentRecord& deployment) {
  std::string text;
  for (const ComponentRecord& record : deployment.components) {
    text += StrCat(text.empty() ? "" : ", ", record.component, " ", record.version);
  }
  return text;
}

std::string Pad(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// Reads the journal; an empty value where the probe has none yet.
template <class Value, class Read>
Result<Value> ReadJournal(const ProbePaths& paths, Read read) {
  auto journal = Journal::OpenForReading(paths.Journal());
  if (!journal && journal.error().code == ErrorCode::kNotFound) return Value{};
  if (!journal) return std::move(journal).error();
  return read(*journal);
}

bool IsTrouble(State state) {
  return state == State::kRefused || state == State::kFailed || state == State::kRolledBack;
}

/// Seconds since 1970; 0 where it did not come so far.
Result<int64_t> EnteredAt(Journal& journal, int64_t transaction, State state) {
  auto steps = TRY(journal.Steps(transaction));
  for (const StepRecord& step : steps)
    if (step.state == state) return step.at;
  return 0;
}

const TransactionRecord* BringerOf(std::string_view held, const Snapshot& snapshot) {
  for (const TransactionRecord& record : snapshot.held)
    if (record.content_id == held) return &record;
  return nullptr;
}

Json OnTrialJson(const Snapshot& snapshot) {
  const auto& plan = snapshot.transaction->plan;
  if (!plan) return nullptr;
  Json json = Json::EmptyObject();
  json.Set("number", plan->to_deployment).Set("version", plan->version);
  return json.Set("since", snapshot.trial_since);
}

Json HeldJson(const Snapshot& snapshot) {
  Json held = Json::EmptyArray();
  for (const std::string& content : snapshot.holds) {
    const TransactionRecord* record = BringerOf(content, snapshot);
    Json json = Json::EmptyObject();
    json.Set("content_id", content).Set("bundle", record ? record->bundle : "");
    held.Push(json.Set("version", record && record->plan ? record->plan->version : ""));
  }
  return held;
}

Json ProofJson(const Snapshot& snapshot) {
  if (!snapshot.proof) return nullptr;
  Json json = Json::EmptyObject();
  json.Set("adopted", snapshot.proof->is_adopted).Set("trial_seconds", snapshot.proof->trial);
  return json.Set("checks", snapshot.deployments.back().health.size());
}

/// What vouches for the deployment that is active.
std::string ProofText(const Snapshot& snapshot) {
  if (!snapshot.proof) return "it was committed, too long ago to say more";
  if (snapshot.proof->is_adopted) return "adopted: it ran before ignite came";
  std::string trial = DurationInWords(std::chrono::seconds(snapshot.proof->trial));
  size_t checks = snapshot.deployments.back().health.size();
  if (checks == 0) return StrCat("committed after a trial of ", trial, ", without a health check");
  return StrCat("committed after ", Counted(checks, "check", "checks"), " held for ", trial);
}

std::string HeldText(const std::string& held, const Snapshot& snapshot) {
  const TransactionRecord* record = BringerOf(held, snapshot);
  if (record == nullptr) return StrCat("held         ", HoldText(held), "\n");
  std::string version = record->plan ? StrCat(", version ", record->plan->version) : std::string();
  return StrCat("held         ", Printable(record->bundle), version, ", until 'ignite unhold'\n",
                "             ", Printable(held), "\n");
}

std::string ComponentLines(const std::vector<ComponentRecord>& components) {
  std::string text;
  for (const ComponentRecord& record : components)
    text += StrCat("             ", Pad(record.component, 16), " ", record.version, "\n");
  return text;
}

std::string RunsText(const Snapshot& snapshot) {
  const auto& transaction = snapshot.transaction;
  if (IsIn(transaction, State::kTrial) && transaction->plan) {
    const Plan& plan = *transaction->plan;
    std::string text = StrCat("runs         deployment ", plan.to_deployment, ", version ",
                              plan.version, ", on trial since ", TimeText(snapshot.trial_since),
                              "\n", ComponentLines(plan.components));
    if (snapshot.deployments.empty()) return text;
    return StrCat(text, "proven       deployment ", snapshot.deployments.back().number,
                  ", version ", snapshot.deployments.back().version,
                  ": it returns where the trial fails\n");
  }
  if (snapshot.deployments.empty()) return "runs         nothing yet: no bundle was installed\n";
  const DeploymentRecord& current = snapshot.deployments.back();
  return StrCat("runs         deployment ", current.number, ", version ", current.version,
                ", since ", TimeText(current.created), "\n", ComponentLines(current.components),
                "proven       ", ProofText(snapshot), "\n");
}

/// What the kept transactions tell of what there is now.
Result<> ReadPast(Journal& journal, Snapshot& snapshot) {
  int64_t current = snapshot.deployments.empty() ? 0 : snapshot.deployments.back().number;
  for (TransactionRecord& record : TRY(journal.Transactions())) {
    if (record.state == State::kTrial)
      snapshot.trial_since = TRY(EnteredAt(journal, record.id, State::kTrial));
    if (record.state == State::kCommitted && record.to == current && record.plan) {
      int64_t trial = record.ended - TRY(EnteredAt(journal, record.id, State::kTrial));
      // The clock may have been set meanwhile.
      snapshot.proof = {record.plan->action == Action::kAdopt, std::max<int64_t>(0, trial)};
    }
    if (std::find(snapshot.holds.begin(), snapshot.holds.end(), record.content_id) !=
        snapshot.holds.end())
      snapshot.held.push_back(record);
    if (IsTrouble(record.state)) snapshot.trouble = std::move(record);
  }
  return {};
}

Result<Snapshot> ReadPresent(FileSystem& files, const ProbePaths& paths, Journal& journal) {
  Snapshot snapshot;
  snapshot.deployments = TRY(journal.Deployments());
  snapshot.transaction = TRY(journal.Unfinished());
  snapshot.holds = TRY(journal.Holds());
  snapshot.time_floor = TRY(journal.TimeFloor());
  if (!snapshot.transaction) return snapshot;
  snapshot.progress = ProgressFile::Read(files, paths, snapshot.transaction->id);
  bool waits = snapshot.transaction->WaitsForReboot();
  // Nobody is at work that would tell more.
  if (waits && snapshot.progress) snapshot.progress->step = snapshot.transaction->step;
  snapshot.interrupted = !waits && TRY(IsAbandoned(journal, paths, *snapshot.transaction));
  return snapshot;
}

}  // namespace

Result<Snapshot> TakeSnapshot(FileSystem& files, const ProbePaths& paths) {
  return ReadJournal<Snapshot>(
      paths, [&](Journal& journal) { return ReadPresent(files, paths, journal); });
}

Result<Snapshot> TakeSnapshotWithPast(FileSystem& files, const ProbePaths& paths) {
  return ReadJournal<Snapshot>(paths, [&](Journal& journal) -> Result<Snapshot> {
    Snapshot snapshot = TRY(ReadPresent(files, paths, journal));
    TRY(ReadPast(journal, snapshot));
    return snapshot;
  });
}

Result<std::vector<TransactionRecord>> ReadHistory(const ProbePaths& paths) {
  using Records = std::vector<TransactionRecord>;
  return ReadJournal<Records>(paths, [](Journal& journal) -> Result<Records> {
    Records records;
    auto entries = TRY(journal.History());
    for (const HistoryEntry& entry : entries) {
      auto json = Json::ParseStored(entry.text);
      auto record = json ? TransactionRecord::FromJson(*json) : std::move(json).error();
      if (!record) {
        return Error{ErrorCode::kIo, StrCat("entry ", entry.number, " of the history is damaged"),
                     "'ignite history --verify' says since when"};
      }
      records.push_back(*std::move(record));
    }
    if (auto running = TRY(journal.Unfinished())) records.push_back(*std::move(running));
    return records;
  });
}

Result<std::vector<HistoryEntry>> ReadHistoryChain(const ProbePaths& paths) {
  return ReadJournal<std::vector<HistoryEntry>>(paths,
                                                [](Journal& journal) { return journal.History(); });
}

Result<std::vector<format::Note>> ReadNotes(const ProbePaths& paths, std::string_view content_id) {
  return ReadJournal<std::vector<format::Note>>(
      paths, [&](Journal& journal) { return journal.Notes(content_id); });
}

Result<Story> ReadStory(const ProbePaths& paths, int64_t transaction) {
  Story story = TRY(ReadJournal<Story>(paths, [&](Journal& journal) -> Result<Story> {
    Story found;
    auto records = TRY(journal.Transactions());
    for (TransactionRecord& record : records) {
      if (record.id == transaction) found.transaction = std::move(record);
    }
    found.steps = TRY(journal.Steps(transaction));
    return found;
  }));
  if (story.transaction.id == transaction) return story;
  return Error{ErrorCode::kRefused, StrCat("the journal keeps no transaction ", transaction),
               StrCat("'ignite history' lists all; steps are kept of the last ",
                      Journal::kKeptTransactions)};
}

std::string TimeText(int64_t seconds) {
  time_t time = seconds;
  std::tm parts{};
  (void)gmtime_r(&time, &parts);
  std::array<char, 40> text{};
  (void)strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

Error Interruption(const TransactionRecord& transaction) {
  return {ErrorCode::kRefused,
          StrCat("transaction ", transaction.id, " was interrupted: it is in the state ",
                 StateName(transaction.state), ", and no process is at work on it"),
          "'ignite recover' finishes it now; ignited where it runs, and the next boot, do so too"};
}

Json DeploymentJson(const DeploymentRecord& deployment) {
  Json json = Json::EmptyObject();
  json.Set("number", deployment.number)
      .Set("version", deployment.version)
      .Set("bundle", deployment.bundle);
  json.Set("content_id", deployment.content_id).Set("created", deployment.created);
  return json.Set("components", ComponentsJson(deployment));
}

Json OutcomeJson(State state) {
  if (IsFinal(state) || state == State::kStuck) return StateName(state);
  return nullptr;
}

Json ChecksJson(const std::vector<CheckResult>& results) {
  Json checks = Json::EmptyArray();
  for (const CheckResult& check : results) {
    Json entry = Json::EmptyObject();
    entry.Set("id", check.id).Set("result", check.passed ? "pass" : "fail");
    checks.Push(entry.Set("cause", check.cause).Set("remedy", check.remedy));
  }
  return checks;
}

std::string ChecksText(const std::vector<CheckResult>& checks) {
  std::string text;
  for (const CheckResult& check : checks) {
    text +=
        StrCat("    ", check.passed ? "pass  " : "FAIL  ", Pad(check.id, 14), check.cause, "\n");
    if (!check.passed) text += StrCat("          remedy:        ", check.remedy, "\n");
  }
  return text;
}

Json VerdictJson(const Verdict& verdict, std::string_view bundle) {
  Json json = Json::EmptyObject();
  json.Set("bundle", bundle)
      .Set("state", StateName(verdict.state))
      .Set("outcome", OutcomeJson(verdict.state));
  json.Set("reason", verdict.reason).Set("cause", verdict.cause).Set("remedy", verdict.remedy);
  json.Set("transaction", verdict.transaction == 0 ? Json() : Json(verdict.transaction));
  json.Set("deployment", verdict.deployment == 0 ? Json() : Json(verdict.deployment));
  json.Set("remarks", Json::StringArray(verdict.remarks));
  return json.Set("checks", ChecksJson(verdict.checks));
}

Json StatusJson(const Settings& settings, const Snapshot& snapshot) {
  Json probe = Json::EmptyObject();
  probe.Set("product", settings.product)
      .Set("compatible", settings.compatible)
      .Set("channel", settings.channel);
  probe.Set("agent", IGNITE_VERSION);
  Json deployments = Json::EmptyArray();
  Json returns = Json::EmptyArray();
  for (size_t i = 0; i < snapshot.deployments.size(); ++i) {
    const DeploymentRecord& deployment = snapshot.deployments[i];
    deployments.Push(DeploymentJson(deployment));
    if (i + 1 < snapshot.deployments.size() && CanReturnTo(deployment, snapshot))
      returns.Push(deployment.number);
  }
  const auto& transaction = snapshot.transaction;
  bool on_trial = IsIn(transaction, State::kTrial);
  bool stuck = IsIn(transaction, State::kStuck);
  Json json = Json::EmptyObject();
  json.Set("probe", std::move(probe));
  json.Set("deployment",
           snapshot.deployments.empty() ? Json() : DeploymentJson(snapshot.deployments.back()));
  json.Set("deployments", std::move(deployments)).Set("returns", std::move(returns));
  json.Set("transaction", transaction ? TransactionJson(*transaction, snapshot.progress) : Json());
  json.Set("trial", on_trial).Set("on_trial", on_trial ? OnTrialJson(snapshot) : Json());
  json.Set("proof", ProofJson(snapshot)).Set("held", HeldJson(snapshot));
  json.Set("trouble", snapshot.trouble ? snapshot.trouble->ToJson() : Json());
  json.Set("hold", Json::StringArray(snapshot.holds));
  json.Set("wrong_system", snapshot.wrong_system ? FaultJson(*snapshot.wrong_system) : Json());
  json.Set("interrupted", snapshot.interrupted ? InterruptedJson(*transaction) : Json());
  return json.Set("stuck", stuck ? StuckJson(*transaction) : Json());
}

Json HistoryJson(const std::vector<TransactionRecord>& transactions) {
  Json history = Json::EmptyArray();
  for (const TransactionRecord& transaction : transactions) history.Push(transaction.ToJson());
  return history;
}

Json StoryJson(const Story& story) {
  Json steps = Json::EmptyArray();
  for (const StepRecord& step : story.steps) {
    Json json = Json::EmptyObject();
    json.Set("state", StateName(step.state)).Set("step", step.step).Set("at", step.at);
    steps.Push(json.Set("boot_ms", step.boot.count()));
  }
  Json json = story.transaction.ToJson();
  return json.Set("state", StateName(story.transaction.state)).Set("steps", std::move(steps));
}

std::string StoryText(const Story& story) {
  const TransactionRecord& transaction = story.transaction;
  std::string text = StrCat("transaction ", transaction.id, ": ", Printable(transaction.bundle),
                            ", ", StateName(transaction.state), "\n");
  if (transaction.to != 0) {
    std::string from = transaction.from == 0 ? "none" : std::to_string(transaction.from);
    text += StrCat("  deployment  ", from, " -> ", transaction.to);
    if (transaction.plan) text += StrCat(", version ", transaction.plan->version);
    text += "\n";
  }
  if (transaction.ended != 0) {
    // The clock may have been set meanwhile.
    auto took = std::max<int64_t>(0, transaction.ended - transaction.started);
    text += StrCat("  took        ", DurationInWords(std::chrono::seconds(took)), "\n");
  }
  if (!transaction.cause.empty())
    text += StrCat("  decided by  ", transaction.reason, ": ", transaction.cause, "\n");
  if (!transaction.remedy.empty()) text += StrCat("  remedy      ", transaction.remedy, "\n");
  for (size_t i = 0; i < story.steps.size(); ++i) {
    const StepRecord& step = story.steps[i];
    // After a reboot the clock begins anew, and nothing can be said.
    bool comparable = i > 0 && step.boot >= story.steps[i - 1].boot;
    auto since = comparable ? step.boot - story.steps[i - 1].boot : Clock::Milliseconds(0);
    std::string_view state = StateName(step.state);
    text += StrCat("  ", TimeText(step.at), "  ", Pad(StrCat("+", since.count(), " ms"), 12), " ");
    text += step.step == state ? StrCat(state, "\n")
                               : StrCat(Pad(std::string(state), 13), step.step, "\n");
  }
  return text;
}

std::string HoldText(std::string_view held) {
  if (held == Journal::kEverything) return "every upload, until 'ignite unhold'";
  return StrCat("content ", Printable(held), ", until 'ignite install' or 'ignite unhold'");
}

std::string StatusText(const Settings& settings, const Snapshot& snapshot) {
  std::string text = StrCat("probe        ", settings.product, " on ", settings.compatible, "\n");
  text += RunsText(snapshot);
  std::string returns;
  std::string gone;
  for (size_t i = 0; i + 1 < snapshot.deployments.size(); ++i) {
    const DeploymentRecord& deployment = snapshot.deployments[i];
    if (!CanReturnTo(deployment, snapshot)) {
      gone += StrCat("no return to   ", deployment.number, "  (", ComponentsText(deployment),
                     "): its operating system was overwritten\n");
      continue;
    }
    returns += StrCat(returns.empty() ? "can return to  " : "               ", deployment.number,
                      "  (", ComponentsText(deployment), ")\n");
  }
  text += returns.empty() ? "can return to  no earlier deployment\n" : returns;
  text += gone;
  if (const auto& transaction = snapshot.transaction) {
    text += StrCat("transaction  ", transaction->id, ": ", Printable(transaction->bundle), ", ",
                   StateName(transaction->state));
    if (snapshot.progress)
      text += StrCat(", ", snapshot.progress->percent, "%, ", snapshot.progress->step);
    text += "\n";
    if (transaction->state == State::kStuck)
      text +=
          StrCat("STUCK        ", transaction->cause, "\n  remedy:    ", transaction->remedy, "\n");
    if (transaction->WaitsForReboot())
      text +=
          "WAITS        the next boot goes on with it: reboot this probe, or wait until it does\n";
    if (snapshot.interrupted) {
      Error error = Interruption(*transaction);
      text += StrCat("INTERRUPTED  ", error.cause, "\n  remedy:    ", error.remedy, "\n");
    }
  } else {
    text += "transaction  none\n";
  }
  if (const auto& wrong = snapshot.wrong_system)
    text += StrCat("WRONG SYSTEM ", wrong->cause, "\n  remedy:    ", wrong->remedy, "\n");
  for (const std::string& held : snapshot.holds) text += HeldText(held, snapshot);
  return text;
}

std::string DeploymentText(const DeploymentRecord& deployment) {
  return StrCat("deployment ", deployment.number, ", version ", deployment.version, " (",
                ComponentsText(deployment), ")");
}

std::string HistoryText(const std::vector<TransactionRecord>& transactions) {
  if (transactions.empty()) return "no transaction yet\n";
  std::string text =
      StrCat(Pad("id", 5), Pad("started", 25), Pad("outcome", 13), Pad("from>to", 9), "bundle\n");
  for (const TransactionRecord& transaction : transactions) {
    std::string outcome(StateName(transaction.state));
    std::string move = transaction.to == 0 ? "-" : StrCat(transaction.from, ">", transaction.to);
    text += StrCat(Pad(std::to_string(transaction.id), 5), Pad(TimeText(transaction.started), 25),
                   Pad(outcome, 13), Pad(move, 9), Printable(transaction.bundle), "\n");
    if (!transaction.cause.empty())
      text += StrCat("     ", transaction.reason, ": ", transaction.cause, "\n");
  }
  return text;
}

std::string VerdictText(const Verdict& verdict) {
  std::string text;
  if (verdict.already_running) {
    text = verdict.cause;
  } else if (verdict.state == State::kCommitted) {
    text = StrCat("committed: deployment ", verdict.deployment, " runs");
  } else {
    text = StrCat(verdict.state == State::kRolledBack ? "rolled back" : StateName(verdict.state),
                  " (", verdict.reason, "): ", verdict.cause);
  }
  if (!verdict.remedy.empty()) text += StrCat("\n  remedy: ", verdict.remedy);
  for (const std::string& remark : verdict.remarks) text += StrCat("\n  ", remark);
  if (verdict.state != State::kCommitted && verdict.deployment != 0)
    text += StrCat("\n  the probe runs deployment ", verdict.deployment);
  return text + "\n";
}

}  // namespace ignite::engine
