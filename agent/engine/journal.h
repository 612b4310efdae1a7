// The durable memory of a probe: transactions, deployments, floors and holds, in one SQLite
// database.
//
// A write that returned OK survives a power cut (journal_mode=DELETE, synchronous=EXTRA: measured,
// WAL loses commits). The engine writes a state before the work of that state. One process writes,
// under the transaction lock; readers open the file read-only. A failed write may have been done:
// the journal is reopened and read before it is believed.
//
// It keeps the running transaction and the last ones with their plans and steps; what ended before
// lives on as an entry of the history alone.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/engine/history.h"
#include "agent/engine/plan.h"
#include "agent/engine/states.h"
#include "agent/engine/verdict.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/sqlite.h"

namespace ignite::engine {

/// The step of a transaction that goes on with the next boot.
inline constexpr std::string_view kWaitingForReboot = "waiting for the reboot";

struct TransactionRecord {
  int64_t id = 0;
  std::string bundle;      ///< The file's name, or "rollback".
  std::string content_id;  ///< Empty while unknown.
  State state = State::kReceived;
  std::string step;
  std::optional<Plan> plan;
  std::string reason;
  std::string cause;
  std::string remedy;
  int64_t from = 0;
  int64_t to = 0;
  int64_t started = 0;  ///< Seconds since 1970.
  int64_t ended = 0;    ///< 0 while it runs.

  /// What it came to, as the journal remembers it.
  Verdict ToVerdict() const;
  bool WaitsForReboot() const { return step == kWaitingForReboot; }

  /// The entry of the history, and the object of `ignite history --json`.
  Json ToJson() const;
  static Result<TransactionRecord> FromJson(const Json& json);
};

/// A moment of a transaction: what it entered, and when.
struct StepRecord {
  State state = State::kReceived;
  std::string step;
  int64_t at = 0;               ///< Seconds since 1970, as the machine believed.
  Clock::Milliseconds boot{0};  ///< Since boot: only steps of one boot can be compared.
};

struct DeploymentRecord {
  int64_t number = 0;
  std::string content_id;
  std::string bundle;
  std::string version;
  uint32_t epoch = 0;
  int64_t created = 0;
  std::vector<ComponentRecord> components;
  std::vector<format::HealthCheckInfo> health;

  const ComponentRecord* Find(std::string_view component) const;
};

class Journal {
 public:
  /// How many ended transactions keep their plan and steps.
  static constexpr int64_t kKeptTransactions = 100;

  /// Creates the database where there is none. Every write notes the time of `clock`. What an
  /// earlier process wrote last is durable before it is read.
  static Result<Journal> Open(const std::string& path, FileSystem& files, Clock& clock);
  /// kNotFound where the probe has no journal yet.
  static Result<Journal> OpenForReading(const std::string& path);

  // Transactions.
  Result<int64_t> Begin(std::string_view bundle);
  /// Also lists the releases that the plan brings, and keeps the notes as those of its content.
  Result<> SetPlan(int64_t id, const Plan& plan, const std::vector<format::Note>& notes = {});
  Result<> Enter(int64_t id, State state, std::string_view step);
  /// The rolling-back state together with why, so that whoever finishes it can say so.
  Result<> EnterRollback(int64_t id, const Verdict& why);
  /// Stuck: the transaction stays unfinished, and says why.
  Result<> EnterStuck(int64_t id, const Verdict& why);
  /// A final state other than committed. With `hold` the plan's content is held. Its remarks are
  /// the last steps.
  Result<> End(int64_t id, const Verdict& verdict, bool hold);
  /// What is known of a commit after it was written, read again where the write failed.
  enum class CommitOutcome : uint8_t { kCommitted, kNotCommitted };
  /// The one durable write that commits: the state, the new deployment, the floors, and the
  /// content's hold lifted. With `hold_content` that content is held: it is what a rollback leaves.
  /// The remarks are the last steps.
  /// An Error means that nobody can tell: the transaction is left as it is, and recovery reads it
  /// again.
  Result<CommitOutcome> Commit(int64_t id, const Plan& plan, std::string_view hold_content,
                               const std::vector<std::string>& remarks = {});
  Result<std::optional<TransactionRecord>> Unfinished();
  /// The last ones, with their plans; oldest first.
  Result<std::vector<TransactionRecord>> Transactions();
  /// In their order; empty for a transaction that is no longer kept.
  Result<std::vector<StepRecord>> Steps(int64_t id);
  /// All that ever ended; oldest first.
  Result<std::vector<HistoryEntry>> History();
  /// How often other transactions with this content were cut off.
  Result<int64_t> CountInterrupted(std::string_view content_id, int64_t except);

  // Deployments, oldest first; the last one is what the probe runs.
  Result<std::vector<DeploymentRecord>> Deployments();
  Result<std::optional<DeploymentRecord>> Current();
  Result<> Forget(int64_t deployment);
  /// The release notes of a content, as SetPlan got them. Those of contents that no deployment has
  /// go when the next ones come.
  Result<std::vector<format::Note>> Notes(std::string_view content_id);

  // Releases that may be on disk, whole or in part: listed before their staging begins.
  Result<std::vector<ComponentRecord>> Releases();
  Result<> ForgetRelease(const ComponentRecord& release);

  // Floors: the highest counter, epoch and signed moment that were committed.
  Result<uint64_t> CounterFloor(std::string_view product, std::string_view kind);
  Result<uint64_t> EpochFloor(std::string_view product);
  /// Seconds since 1970: it is later than this, whatever the clock says.
  Result<int64_t> TimeFloor();

  // Holds: of one content, or kEverything.
  static constexpr std::string_view kEverything = "*";
  Result<bool> IsHeld(std::string_view content_id);
  Result<> Hold(std::string_view content_id);
  Result<> LiftHold(std::string_view content_id);
  Result<std::vector<std::string>> Holds();

 private:
  Journal(Sqlite database, std::string path, FileSystem* files, Clock* clock)
      : database_(std::move(database)), path_(std::move(path)), files_(files), clock_(clock) {}
  Result<> RaiseFloor(std::string_view name, uint64_t value);
  Result<uint64_t> Floor(std::string_view name);
  Result<> EnterWith(int64_t id, State state, const Verdict& why);
  Result<> KeepNotes(std::string_view content_id, const std::vector<format::Note>& notes);
  Result<> NoteStep(int64_t id, State state, std::string_view step);
  Result<> NoteEnd(int64_t id, State state, const std::vector<std::string>& remarks);
  /// Inside the database transaction that ends it: the entry of the history, and no more of what
  /// ended long ago.
  Result<> CloseTransaction(int64_t id);
  /// Runs `work` in one database transaction, which an Error takes back.
  template <class Work>
  Result<> Atomically(Work work);
  Result<State> ReopenAndReadState(int64_t id);
  Result<std::vector<TransactionRecord>> Select(std::string_view condition);

  Sqlite database_;
  std::string path_;
  FileSystem* files_;  ///< nullptr where it was opened for reading, as is the clock.
  Clock* clock_;
};

}  // namespace ignite::engine
