#include "agent/engine/journal.h"

#include <sys/stat.h>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {
namespace {

constexpr const char* kPragmas =
    "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON;";

// Changes only by addition, and only after a commit: an older agent must be able to read what a
// newer one wrote. Each addition raises the version, which the database keeps, so that a journal
// that has it all is opened without a write.
constexpr int64_t kSchemaVersion = 2;
/// Before it there were no notes.
constexpr int64_t kVersionWithNotes = 2;
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS transactions(
  id INTEGER PRIMARY KEY AUTOINCREMENT, bundle TEXT NOT NULL, content_id TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
  step TEXT NOT NULL DEFAULT '', plan TEXT, reason TEXT NOT NULL DEFAULT '', cause TEXT NOT NULL DEFAULT '',
  remedy TEXT NOT NULL DEFAULT '', from_deployment INTEGER NOT NULL DEFAULT 0, to_deployment INTEGER NOT NULL DEFAULT 0,
  started INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS steps(
  transaction_id INTEGER NOT NULL REFERENCES transactions ON DELETE CASCADE, place INTEGER NOT NULL,
  state TEXT NOT NULL, step TEXT NOT NULL, at INTEGER NOT NULL, boot INTEGER NOT NULL,
  PRIMARY KEY(transaction_id, place)) STRICT;
CREATE TABLE IF NOT EXISTS deployments(
  number INTEGER PRIMARY KEY, content_id TEXT NOT NULL, bundle TEXT NOT NULL, version TEXT NOT NULL,
  epoch INTEGER NOT NULL, created INTEGER NOT NULL, health TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS components(
  deployment INTEGER NOT NULL REFERENCES deployments ON DELETE CASCADE, place INTEGER NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY(deployment, place)) STRICT;
CREATE TABLE IF NOT EXISTS releases(
  component TEXT NOT NULL, release TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY(component, release)) STRICT;
CREATE TABLE IF NOT EXISTS floors(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS holds(content_id TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS notes(
  content_id TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(content_id, language)) STRICT;
)";

constexpr std::string_view kTimeFloor = "time";
std::string CounterName(std::string_view product, std::string_view kind) {
  return StrCat("counter/", product, "/", kind);
}
std::string EpochName(std::string_view product) { return StrCat("epoch/", product); }

/// Damage of the journal is an error of this machine, not of a bundle.
Error JournalDamaged(const Error& error) {
  return {ErrorCode::kIo, StrCat("the journal is damaged: ", error.cause),
          "restore /var/lib/ignite from a backup"};
}

/// A document of a row, by the FromJson of its type.
template <class T>
Result<T> ReadStored(std::string_view text, Result<T> (*from_json)(const Json&)) {
  auto json = Json::ParseStored(text);
  if (!json) return JournalDamaged(json.error());
  auto value = from_json(*json);
  if (!value) return JournalDamaged(value.error());
  return value;
}

Result<int64_t> SchemaVersionOf(Sqlite& database) {
  auto version = TRY(database.Prepare("PRAGMA user_version"));
  return TRY(version.Step()) ? version.Integer(0) : 0;
}

Result<> MakeSchema(Sqlite& database) {
  if (TRY(SchemaVersionOf(database)) >= kSchemaVersion) return {};
  return database.Execute(StrCat("BEGIN IMMEDIATE;", kSchema, kHistorySchema,
                                 "PRAGMA user_version = ", kSchemaVersion, "; COMMIT;"));
}

}  // namespace

const ComponentRecord* DeploymentRecord::Find(std::string_view component) const {
  return FindComponent(components, component);
}

Verdict TransactionRecord::ToVerdict() const {
  Verdict verdict;
  verdict.state = state;
  verdict.transaction = id;
  verdict.reason = reason;
  verdict.cause = cause;
  verdict.remedy = remedy;
  return verdict;
}

Json TransactionRecord::ToJson() const {
  bool has_ended = IsFinal(state) || state == State::kStuck;
  Json json = Json::EmptyObject();
  json.Set("id", id).Set("bundle", bundle).Set("content_id", content_id);
  json.Set("from", from == 0 ? Json() : Json(from)).Set("to", to == 0 ? Json() : Json(to));
  json.Set("outcome", has_ended ? Json(StateName(state)) : Json()).Set("reason", reason);
  json.Set("cause", cause).Set("remedy", remedy).Set("started", started);
  return json.Set("ended", ended == 0 ? Json() : Json(ended));
}

Result<TransactionRecord> TransactionRecord::FromJson(const Json& json) {
  JsonFields fields(json, "history");
  auto number = [&](std::string_view key) {
    const Json& value = fields.Required(key);
    return value.AsInteger() != nullptr ? *value.AsInteger() : 0;
  };
  TransactionRecord record;
  record.id = number("id");
  record.bundle = fields.String("bundle");
  record.content_id = fields.String("content_id");
  record.from = number("from");
  record.to = number("to");
  auto state = ParseState(fields.String("outcome"));
  record.reason = fields.String("reason");
  record.cause = fields.String("cause");
  record.remedy = fields.String("remedy");
  record.started = number("started");
  record.ended = number("ended");
  TRY(fields.Finish());
  if (!state) return JournalDamaged({ErrorCode::kCorrupt, "an unknown outcome", {}});
  record.state = *state;
  return record;
}

template <class Work>
Result<> Journal::Atomically(Work work) {
  TRY(database_.Execute("BEGIN IMMEDIATE"));
  auto done = work();
  if (done) done = database_.Execute("COMMIT");
  if (!done) (void)database_.Execute("ROLLBACK");
  return done;
}

Result<Journal> Journal::Open(const std::string& path, FileSystem& files, Clock& clock) {
  // A write ends with the removal of SQLite's own journal. Where the process died behind that, or
  // the sync of the folder failed, a power cut would bring that journal back, and undo the write.
  TRY(files.SyncFolder(ParentOf(path)));
  Sqlite database = TRY(Sqlite::Open(path, Sqlite::Mode::kReadWriteCreate));
  if (chmod(path.c_str(), 0600) != 0)
    return SystemError(StrCat("setting the mode of ", path), errno);
  TRY(database.Execute(kPragmas));
  TRY(MakeSchema(database));
  return Journal(std::move(database), path, &files, &clock);
}

Result<Journal> Journal::OpenForReading(const std::string& path) {
  auto database = Sqlite::Open(path, Sqlite::Mode::kReadOnly);
  // After a power cut the first reader must roll SQLite's own journal back, which needs write
  // access.
  if (!database && database.error().code == ErrorCode::kIo) {
    database = Sqlite::Open(path, Sqlite::Mode::kReadWriteCreate);
  }
  if (!database) return std::move(database).error();
  // The process that makes the journal may be between the file and its tables.
  auto tables = TRY(database->Prepare("SELECT 1 FROM sqlite_master WHERE name = 'transactions'"));
  if (!TRY(tables.Step()))
    return Error{ErrorCode::kNotFound, StrCat(path, " is empty"), "wait for the first transaction"};
  return Journal(*std::move(database), path, nullptr, nullptr);
}

Result<int64_t> Journal::Begin(std::string_view bundle) {
  int64_t id = 0;
  TRY(Atomically([&]() -> Result<> {
    auto insert =
        TRY(database_.Prepare("INSERT INTO transactions(bundle, state, started) VALUES(?, ?, ?)"));
    insert.Bind(bundle).Bind(StateName(State::kReceived)).Bind(clock_->WallSeconds());
    TRY(insert.Run());
    id = database_.LastInsertId();
    return NoteStep(id, State::kReceived, "received");
  }));
  return id;
}

Result<> Journal::SetPlan(int64_t id, const Plan& plan, const std::vector<format::Note>& notes) {
  return Atomically([&]() -> Result<> {
    auto update = TRY(
        database_.Prepare("UPDATE transactions SET plan = ?, content_id = ?, from_deployment = ?, "
                          "to_deployment = ? WHERE id = ?"));
    update.Bind(plan.ToJson().Dump()).Bind(plan.content_id).Bind(plan.from_deployment);
    TRY(update.Bind(plan.to_deployment).Bind(id).Run());
    for (const Change& change : plan.changes) {
      if (!change.to) continue;
      auto insert = TRY(database_.Prepare("INSERT OR IGNORE INTO releases VALUES(?, ?, ?)"));
      insert.Bind(change.to->component).Bind(change.to->release).Bind(change.to->ToJson().Dump());
      TRY(insert.Run());
    }
    return KeepNotes(plan.content_id, notes);
  });
}

Result<> Journal::KeepNotes(std::string_view content_id, const std::vector<format::Note>& notes) {
  if (notes.empty()) return {};
  TRY(database_.Execute(
      "DELETE FROM notes WHERE content_id NOT IN (SELECT content_id FROM deployments)"));
  for (const format::Note& note : notes) {
    auto insert = TRY(database_.Prepare("INSERT OR REPLACE INTO notes VALUES(?, ?, ?)"));
    TRY(insert.Bind(content_id).Bind(note.language).Bind(note.text).Run());
  }
  return {};
}

Result<std::vector<format::Note>> Journal::Notes(std::string_view content_id) {
  std::vector<format::Note> notes;
  // A reader may come before anything was written by an agent that knows of them.
  if (TRY(SchemaVersionOf(database_)) < kVersionWithNotes) return notes;
  auto select = TRY(
      database_.Prepare("SELECT language, text FROM notes WHERE content_id = ? ORDER BY language"));
  select.Bind(content_id);
  while (TRY(select.Step()))
    notes.push_back({std::string(select.Text(0)), std::string(select.Text(1))});
  return notes;
}

Result<> Journal::Enter(int64_t id, State state, std::string_view step) {
  return Atomically([&]() -> Result<> {
    auto update =
        TRY(database_.Prepare("UPDATE transactions SET state = ?, step = ? WHERE id = ?"));
    TRY(update.Bind(StateName(state)).Bind(step).Bind(id).Run());
    return NoteStep(id, state, step);
  });
}

Result<> Journal::NoteStep(int64_t id, State state, std::string_view step) {
  auto insert = TRY(database_.Prepare(
      "INSERT INTO steps SELECT ?, count(*), ?, ?, ?, ? FROM steps WHERE transaction_id = ?"));
  insert.Bind(id).Bind(StateName(state)).Bind(step).Bind(clock_->WallSeconds());
  return insert.Bind(clock_->BootTime().count()).Bind(id).Run();
}

Result<> Journal::NoteEnd(int64_t id, State state, const std::vector<std::string>& remarks) {
  TRY(NoteStep(id, state, StateName(state)));
  for (const std::string& remark : remarks) TRY(NoteStep(id, state, remark));
  return {};
}

Result<> Journal::EnterWith(int64_t id, State state, const Verdict& why) {
  return Atomically([&]() -> Result<> {
    auto update = TRY(database_.Prepare(
        "UPDATE transactions SET state = ?, reason = ?, cause = ?, remedy = ? WHERE id = ?"));
    update.Bind(StateName(state)).Bind(why.reason).Bind(why.cause).Bind(why.remedy);
    TRY(update.Bind(id).Run());
    return NoteStep(id, state, StateName(state));
  });
}

Result<> Journal::EnterRollback(int64_t id, const Verdict& why) {
  return EnterWith(id, State::kRollingBack, why);
}

Result<> Journal::EnterStuck(int64_t id, const Verdict& why) {
  return EnterWith(id, State::kStuck, why);
}

Result<> Journal::End(int64_t id, const Verdict& verdict, bool hold) {
  auto written = Atomically([&]() -> Result<> {
    auto update =
        TRY(database_.Prepare("UPDATE transactions SET state = ?, step = '', reason = ?, cause = "
                              "?, remedy = ?, ended = ? WHERE id = ?"));
    update.Bind(StateName(verdict.state)).Bind(verdict.reason).Bind(verdict.cause);
    TRY(update.Bind(verdict.remedy).Bind(clock_->WallSeconds()).Bind(id).Run());
    if (hold) {
      auto insert =
          TRY(database_.Prepare("INSERT OR IGNORE INTO holds SELECT content_id FROM transactions "
                                "WHERE id = ? AND content_id <> ''"));
      TRY(insert.Bind(id).Run());
    }
    TRY(NoteEnd(id, verdict.state, verdict.remarks));
    return CloseTransaction(id);
  });
  if (written || TRY(ReopenAndReadState(id)) == verdict.state) return {};
  return written;
}

Result<Journal::CommitOutcome> Journal::Commit(int64_t id, const Plan& plan,
                                               std::string_view hold_content,
                                               const std::vector<std::string>& remarks) {
  auto written = Atomically([&]() -> Result<> {
    int64_t now = clock_->WallSeconds();
    auto update = TRY(
        database_.Prepare("UPDATE transactions SET state = ?, step = '', ended = ? WHERE id = ?"));
    TRY(update.Bind(StateName(State::kCommitted)).Bind(now).Bind(id).Run());
    auto deployment =
        TRY(database_.Prepare("INSERT INTO deployments SELECT ?, content_id, bundle, ?, ?, ?, ? "
                              "FROM transactions WHERE id = ?"));
    deployment.Bind(plan.to_deployment).Bind(plan.version).Bind(plan.epoch).Bind(now);
    TRY(deployment.Bind(HealthToJson(plan.health).Dump()).Bind(id).Run());
    for (size_t place = 0; place < plan.components.size(); ++place) {
      auto component = TRY(database_.Prepare("INSERT INTO components VALUES(?, ?, ?)"));
      component.Bind(plan.to_deployment).Bind(static_cast<int64_t>(place));
      TRY(component.Bind(plan.components[place].ToJson().Dump()).Run());
    }
    if (plan.action == Action::kInstall) {
      TRY(RaiseFloor(CounterName(plan.product, plan.kind), plan.counter));
      TRY(RaiseFloor(EpochName(plan.product), plan.epoch));
      TRY(RaiseFloor(kTimeFloor, static_cast<uint64_t>(plan.signed_time)));
    }
    if (!hold_content.empty()) TRY(Hold(hold_content));
    TRY(LiftHold(plan.content_id));
    TRY(NoteEnd(id, State::kCommitted, remarks));
    return CloseTransaction(id);
  });
  if (written) return CommitOutcome::kCommitted;
  State state = TRY(ReopenAndReadState(id));
  return state == State::kCommitted ? CommitOutcome::kCommitted : CommitOutcome::kNotCommitted;
}

Result<> Journal::CloseTransaction(int64_t id) {
  auto records = TRY(Select(StrCat("WHERE id = ", id)));
  if (records.empty())
    return Error{ErrorCode::kInternal, StrCat("the journal has no transaction ", id),
                 "report this"};
  TRY(AppendHistory(database_, records[0].ToJson().Dump()));
  auto forget =
      TRY(database_.Prepare("DELETE FROM transactions WHERE ended <> 0 AND id NOT IN (SELECT id "
                            "FROM transactions ORDER BY id DESC LIMIT ?)"));
  return forget.Bind(kKeptTransactions).Run();
}

Result<State> Journal::ReopenAndReadState(int64_t id) {
  // The failed handle may still hold SQLite's lock, so it is closed first.
  database_ = TRY(Sqlite::Open(":memory:", Sqlite::Mode::kReadWriteCreate));
  Journal fresh = TRY(Journal::Open(path_, *files_, *clock_));
  database_ = std::move(fresh.database_);
  auto select = TRY(database_.Prepare("SELECT state FROM transactions WHERE id = ?"));
  select.Bind(id);
  if (!TRY(select.Step()))
    return Error{ErrorCode::kIo, "the journal has lost a transaction", "run 'ignite recover'"};
  return ParseState(select.Text(0)).value_or(State::kFailed);
}

Result<std::vector<TransactionRecord>> Journal::Select(std::string_view condition) {
  auto select =
      TRY(database_.Prepare(StrCat("SELECT id, bundle, content_id, state, step, plan, reason, "
                                   "cause, remedy, from_deployment, to_deployment, started, "
                                   "ended FROM transactions ",
                                   condition)));
  std::vector<TransactionRecord> records;
  while (TRY(select.Step())) {
    TransactionRecord record;
    record.id = select.Integer(0);
    record.bundle = select.Text(1);
    record.content_id = select.Text(2);
    auto state = ParseState(select.Text(3));
    if (!state) {
      return Error{
          ErrorCode::kIo,
          StrCat("the journal holds the unknown state '", Printable(select.Text(3), 80), "'"),
          "update ignite-agent to the version that wrote it"};
    }
    record.state = *state;
    record.step = select.Text(4);
    if (!select.IsNull(5)) record.plan = TRY(ReadStored(select.Text(5), Plan::FromJson));
    record.reason = select.Text(6);
    record.cause = select.Text(7);
    record.remedy = select.Text(8);
    record.from = select.Integer(9);
    record.to = select.Integer(10);
    record.started = select.Integer(11);
    record.ended = select.Integer(12);
    records.push_back(std::move(record));
  }
  return records;
}

Result<std::optional<TransactionRecord>> Journal::Unfinished() {
  auto records = TRY(Select("WHERE ended = 0 ORDER BY id DESC LIMIT 1"));
  if (records.empty()) return std::optional<TransactionRecord>();
  return std::optional(std::move(records.front()));
}

Result<std::vector<TransactionRecord>> Journal::Transactions() { return Select("ORDER BY id"); }

Result<std::vector<HistoryEntry>> Journal::History() { return ReadHistoryEntries(database_); }

Result<std::vector<StepRecord>> Journal::Steps(int64_t id) {
  auto select = TRY(database_.Prepare(
      "SELECT state, step, at, boot FROM steps WHERE transaction_id = ? ORDER BY place"));
  select.Bind(id);
  std::vector<StepRecord> steps;
  while (TRY(select.Step())) {
    steps.push_back({ParseState(select.Text(0)).value_or(State::kReceived), select.Text(1),
                     select.Integer(2), Clock::Milliseconds(select.Integer(3))});
  }
  return steps;
}

Result<int64_t> Journal::CountInterrupted(std::string_view content_id, int64_t except) {
  auto select =
      TRY(database_.Prepare("SELECT count(*) FROM transactions WHERE content_id = ? AND reason = "
                            "'interrupted' AND id <> ?"));
  select.Bind(content_id).Bind(except);
  TRY(select.Step());
  return select.Integer(0);
}

Result<std::vector<DeploymentRecord>> Journal::Deployments() {
  auto select =
      TRY(database_.Prepare("SELECT number, content_id, bundle, version, epoch, created, health "
                            "FROM deployments ORDER BY number"));
  std::vector<DeploymentRecord> records;
  while (TRY(select.Step())) {
    DeploymentRecord record;
    record.number = select.Integer(0);
    record.content_id = select.Text(1);
    record.bundle = select.Text(2);
    record.version = select.Text(3);
    record.epoch = static_cast<uint32_t>(select.Integer(4));
    record.created = select.Integer(5);
    record.health = TRY(ReadStored(select.Text(6), HealthFromJson));
    auto components =
        TRY(database_.Prepare("SELECT record FROM components WHERE deployment = ? ORDER BY place"));
    components.Bind(record.number);
    while (TRY(components.Step())) {
      record.components.push_back(TRY(ReadStored(components.Text(0), ComponentRecord::FromJson)));
    }
    records.push_back(std::move(record));
  }
  return records;
}

Result<std::optional<DeploymentRecord>> Journal::Current() {
  auto records = TRY(Deployments());
  if (records.empty()) return std::optional<DeploymentRecord>();
  return std::optional(std::move(records.back()));
}

Result<> Journal::Forget(int64_t deployment) {
  auto remove = TRY(database_.Prepare("DELETE FROM deployments WHERE number = ?"));
  return remove.Bind(deployment).Run();
}

Result<std::vector<ComponentRecord>> Journal::Releases() {
  auto select = TRY(database_.Prepare("SELECT record FROM releases ORDER BY component, release"));
  std::vector<ComponentRecord> releases;
  while (TRY(select.Step())) {
    releases.push_back(TRY(ReadStored(select.Text(0), ComponentRecord::FromJson)));
  }
  return releases;
}

Result<> Journal::ForgetRelease(const ComponentRecord& release) {
  auto remove = TRY(database_.Prepare("DELETE FROM releases WHERE component = ? AND release = ?"));
  return remove.Bind(release.component).Bind(release.release).Run();
}

Result<> Journal::RaiseFloor(std::string_view name, uint64_t value) {
  auto upsert =
      TRY(database_.Prepare("INSERT INTO floors VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value "
                            "= max(value, excluded.value)"));
  return upsert.Bind(name).Bind(static_cast<int64_t>(value)).Run();
}

Result<uint64_t> Journal::Floor(std::string_view name) {
  auto select = TRY(database_.Prepare("SELECT value FROM floors WHERE name = ?"));
  select.Bind(name);
  return TRY(select.Step()) ? static_cast<uint64_t>(select.Integer(0)) : 0;
}

Result<uint64_t> Journal::CounterFloor(std::string_view product, std::string_view kind) {
  return Floor(CounterName(product, kind));
}

Result<uint64_t> Journal::EpochFloor(std::string_view product) { return Floor(EpochName(product)); }

Result<int64_t> Journal::TimeFloor() { return static_cast<int64_t>(TRY(Floor(kTimeFloor))); }

Result<bool> Journal::IsHeld(std::string_view content_id) {
  auto select = TRY(database_.Prepare("SELECT 1 FROM holds WHERE content_id IN (?, ?)"));
  select.Bind(content_id).Bind(kEverything);
  return select.Step();
}

Result<> Journal::Hold(std::string_view content_id) {
  auto insert = TRY(database_.Prepare("INSERT OR IGNORE INTO holds VALUES(?)"));
  return insert.Bind(content_id).Run();
}

Result<> Journal::LiftHold(std::string_view content_id) {
  auto remove = TRY(database_.Prepare("DELETE FROM holds WHERE content_id = ?"));
  return remove.Bind(content_id).Run();
}

Result<std::vector<std::string>> Journal::Holds() {
  auto select = TRY(database_.Prepare("SELECT content_id FROM holds ORDER BY content_id"));
  std::vector<std::string> holds;
  while (TRY(select.Step())) holds.push_back(select.Text(0));
  return holds;
}

}  // namespace ignite::engine
