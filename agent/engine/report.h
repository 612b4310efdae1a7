// The documents that the engine's records become: for `--json`, for the outbox, and for people.
// Field names are stable: fields may be added, never renamed.
#pragma once

#include "agent/engine/journal.h"
#include "agent/engine/observer.h"
#include "agent/engine/probe_paths.h"
#include "agent/engine/settings.h"
#include "agent/engine/verdict.h"
#include "base/file_system.h"
#include "base/json.h"

namespace ignite::engine {

/// How the deployment that is active came to be trusted.
struct Proof {
  bool is_adopted = false;  ///< It ran before ignite came.
  int64_t trial = 0;        ///< Seconds for which its health checks held.
};

/// What a probe is and runs, read at one moment.
struct Snapshot {
  std::vector<DeploymentRecord> deployments;  ///< Oldest first; the last one runs.
  std::optional<TransactionRecord> transaction;
  std::optional<Progress> progress;
  bool interrupted =
      false;  ///< No process is at work on the transaction, nor is it stuck or waiting.
  int64_t trial_since = 0;     ///< Seconds since 1970, where the transaction is on trial.
  std::optional<Proof> proof;  ///< nullopt where its transaction is no longer kept.
  /// The last one that was refused, failed or rolled back, of those that are kept.
  std::optional<TransactionRecord> trouble;
  std::vector<std::string> holds;
  std::vector<TransactionRecord> held;  ///< Those that brought what is held, of what is known.
  // TakeSnapshot knows no boot loader and leaves these empty.
  std::optional<Error> wrong_system;
  std::vector<int64_t> without_system;  ///< Deployments whose operating system is gone.
  int64_t time_floor = 0;               ///< It is later than this, in seconds since 1970.
};

/// Empty where the probe has no journal yet. Without what the kept transactions tell.
Result<Snapshot> TakeSnapshot(FileSystem& files, const ProbePaths& paths);
/// With it, for whoever shows the status: reads all of them.
Result<Snapshot> TakeSnapshotWithPast(FileSystem& files, const ProbePaths& paths);
/// All that ever ended, and the running one; oldest first.
Result<std::vector<TransactionRecord>> ReadHistory(const ProbePaths& paths);
/// Release notes; empty where none are kept.
Result<std::vector<format::Note>> ReadNotes(const ProbePaths& paths, std::string_view content_id);
Result<std::vector<HistoryEntry>> ReadHistoryChain(const ProbePaths& paths);

/// A transaction that is still kept, with its steps.
struct Story {
  TransactionRecord transaction;
  std::vector<StepRecord> steps;
};
/// kRefused where it is not, or no longer, kept.
Result<Story> ReadStory(const ProbePaths& paths, int64_t transaction);
Json StoryJson(const Story& story);
std::string StoryText(const Story& story);

/// null until the state is final.
Json OutcomeJson(State state);
/// A list with id, result (pass or fail), cause and remedy of each.
Json ChecksJson(const std::vector<CheckResult>& results);
/// A line for each, and one more with the remedy where it failed.
std::string ChecksText(const std::vector<CheckResult>& checks);
Json VerdictJson(const Verdict& verdict, std::string_view bundle);
/// What there is to say, and to do, of a transaction that was interrupted.
Error Interruption(const TransactionRecord& transaction);
Json DeploymentJson(const DeploymentRecord& deployment);
Json StatusJson(const Settings& settings, const Snapshot& snapshot);
Json HistoryJson(const std::vector<TransactionRecord>& transactions);

/// What is held, a content id or Journal::kEverything, and what ends it.
std::string HoldText(std::string_view held);
std::string StatusText(const Settings& settings, const Snapshot& snapshot);
/// "deployment 2, version 4.2.1 (app/web 4.2.1, data/main 19)"
std::string DeploymentText(const DeploymentRecord& deployment);
std::string HistoryText(const std::vector<TransactionRecord>& transactions);
/// "committed: deployment 2 runs", "refused (counter): CAUSE" and the remedy on a line of its own.
std::string VerdictText(const Verdict& verdict);

/// "2026-11-22 21:40:05 UTC"
std::string TimeText(int64_t seconds);

}  // namespace ignite::engine
