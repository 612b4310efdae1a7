#include <unistd.h>

#include <cerrno>

#include "base/file_system.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "migrations/database.h"
#include "migrations/own_tables.h"
#include "migrations/position.h"
#include "migrations/sqlite_connection.h"
#include "migrations/sqlite_schema.h"

namespace ignite::migrations {
namespace {

using Mode = SqliteConnection::Mode;
using Script = SqliteConnection::Script;

constexpr std::string_view kPart = ".part";

int64_t Number(std::string_view text) {
  return static_cast<int64_t>(ParseNumber(text).value_or(0));
}

class SqliteDatabase : public Database {
 public:
  explicit SqliteDatabase(std::string path) : path_(std::move(path)) {}

  Result<DatabaseState> Read() override {
    auto size = TRY(SizeOfFile());
    if (!size) return DatabaseState();
    // Not only for reading: what an application that was killed left half done is taken back first.
    SqliteConnection connection = TRY(SqliteConnection::Open(path_, Mode::kExisting));
    DatabaseState state = TRY(ReadState(connection));
    state.bytes = *size;
    return state;
  }

  Result<> Run(const Move& move) override {
    bool may_create = move.from_release.empty() && !move.to_release.empty();
    if (!may_create && !TRY(SizeOfFile())) return {};
    auto connection =
        TRY(SqliteConnection::Open(path_, may_create ? Mode::kCreate : Mode::kExisting));
    auto moved = RunOn(connection, move);
    if (!moved) (void)connection.Execute("ROLLBACK");
    if (moved && move.to_release.empty()) return RemoveIfNothing(connection);
    return moved;
  }

  Result<> Snapshot(const std::string& path) override {
    std::string part = StrCat(path, kPart);
    TRY(RemoveDatabase(part));
    {
      bool exists = TRY(SizeOfFile()).has_value();
      auto from = TRY(SqliteConnection::Open(exists ? path_ : ":memory:", Mode::kExisting));
      auto to = TRY(SqliteConnection::Open(part, Mode::kCreate));
      TRY(Copy(from, to));
      if (std::string found = TRY(to.Value("PRAGMA quick_check(1)")); found != "ok") {
        return Error{ErrorCode::kIo, StrCat("the database ", path_, " is damaged: ", found),
                     "restore it from a backup, then install again"};
      }
    }
    // SQLite has synced the file; its name is durable with its folder.
    if (rename(part.c_str(), path.c_str()) != 0)
      return SystemError(StrCat("renaming ", part), errno);
    return MakePosixFileSystem()->SyncFileSystem(path);
  }

  Result<> Restore(const std::string& path) override {
    auto from = TRY(SqliteConnection::Open(path, Mode::kExisting));
    // Into the existing file: one put in its place would meet the log of the one before.
    auto to = TRY(SqliteConnection::Open(path_, Mode::kCreate));
    TRY(Copy(from, to));
    return RemoveIfNothing(to);
  }

  Result<Fingerprint> Examine() override {
    auto connection = TRY(SqliteConnection::Open(path_, Mode::kExisting));
    if (std::string found = TRY(connection.Value("PRAGMA integrity_check(1)")); found != "ok") {
      return Error{ErrorCode::kIo, StrCat("the database ", path_, " is damaged: ", found),
                   "restore it from a backup"};
    }
    return Fingerprint{TRY(SchemaText(connection)), TRY(TableContents(connection))};
  }

 private:
  /// nullopt where there is no database.
  Result<std::optional<uint64_t>> SizeOfFile() const {
    auto info = TRY(MakePosixFileSystem()->Inspect(path_));
    return info ? std::optional(info->size) : std::nullopt;
  }

  static Result<DatabaseState> ReadState(SqliteConnection& connection) {
    DatabaseState state;
    state.exists = true;
    state.schema = TRY(SchemaText(connection));
    state.is_empty = state.schema.empty();
    state.is_managed =
        !TRY(connection.Value("SELECT name FROM sqlite_schema WHERE name = 'ignite_state'"))
             .empty();
    if (!state.is_managed) return state;
    TRY(connection.Query("SELECT version, release, baseline, schema_text FROM ignite_state", {},
                         [&](const std::vector<std::string>& row) {
                           state.version = Number(row[0]);
                           state.release = row[1];
                           state.baseline = Number(row[2]);
                           state.recorded_schema = row[3];
                         }));
    TRY(connection.Query(kReadApplied, {}, [&](const std::vector<std::string>& row) {
      state.applied.push_back(AppliedFromRow(row));
    }));
    return state;
  }

  Result<> RunOn(SqliteConnection& connection, const Move& move) {
    bool outside = !move.steps.empty() && move.steps[0].traits.non_transactional;
    bool foreign_keys = true;
    for (const Step& step : move.steps) foreign_keys &= !step.traits.foreign_keys_off;
    TRY(connection.Execute(StrCat("PRAGMA foreign_keys = ", foreign_keys ? "ON" : "OFF")));
    TRY(connection.Execute("BEGIN IMMEDIATE"));
    DatabaseState state = TRY(ReadState(connection));
    if (StandsAtEnd(state, move)) return connection.Execute("COMMIT");
    TRY(CheckStandsAtStart(state, move));
    std::string violations = TRY(CountViolations(connection));
    if (outside) {
      TRY(connection.Execute("COMMIT"));
      TRY(RunStep(connection, move.steps[0], move.direction, Script::kOutside));
      TRY(connection.Execute("BEGIN IMMEDIATE"));
    }
    if (!move.to_release.empty()) TRY(connection.Execute(std::string(kCreateOwnTables)));
    for (const Step& step : move.steps) {
      if (!outside) TRY(RunStep(connection, step, move.direction, Script::kInTransaction));
      TRY(Record(connection, move, step));
    }
    if (std::string now = TRY(CountViolations(connection)); now != violations) {
      return Error{ErrorCode::kRefused,
                   StrCat("rows refer to rows that are not there: ", now, " after the steps, ",
                          violations, " before"),
                   "correct the step: it must keep foreign keys whole"};
    }
    for (const std::string& query : move.verify) TRY(connection.ExpectNoRow(query));
    TRY(FinishTables(connection, move));
    return Commit(connection, move);
  }

  static Result<> RunStep(SqliteConnection& connection, const Step& step, Direction direction,
                          Script script) {
    if (step.is_program) return {};
    bool is_up = direction == Direction::kUp;
    std::string what = StrCat("step ", step.number, " ", step.name, is_up ? " (up)" : " (down)");
    TRY(connection.RunScript(is_up ? step.up : *step.down, script, what));
    // A trigger's RAISE(ROLLBACK) ends the transaction behind the back of its authorizer.
    if (script == Script::kInTransaction && sqlite3_get_autocommit(connection.handle()) != 0) {
      return Error{ErrorCode::kRefused, StrCat(what, " ended the transaction"),
                   "correct the step: it must not end its own transaction"};
    }
    return {};
  }

  static Result<> Record(SqliteConnection& connection, const Move& move, const Step& step) {
    bool is_up = move.direction == Direction::kUp;
    std::string now = TRY(connection.Value("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"));
    std::string number = std::to_string(step.number);
    std::string release = move.to_release.empty() ? move.from_release : move.to_release;
    if (is_up) {
      std::vector<std::string> values = {
          number, step.name, TraitsText(step.traits), step.is_program ? "1" : "", release, now};
      if (step.down) values.push_back(*step.down);
      TRY(connection.Run(StrCat("INSERT INTO ignite_migrations (number, name, traits, program, "
                                "release, applied_at, down) VALUES (?, ?, ?, ?, ?, ?, ",
                                step.down ? "?" : "NULL", ")"),
                         values));
    } else {
      TRY(connection.Run("DELETE FROM ignite_migrations WHERE number = ?", {number}));
    }
    return connection.Run("INSERT INTO ignite_history VALUES (?, ?, ?, ?, ?)",
                          {now, release, is_up ? "up" : "down", number, step.name});
  }

  static Result<> FinishTables(SqliteConnection& connection, const Move& move) {
    if (move.to_release.empty()) return connection.Execute(std::string(kDropOwnTables));
    std::string baseline = TRY(connection.Value("SELECT baseline FROM ignite_state"));
    if (baseline.empty()) baseline = std::to_string(move.baseline);
    return connection.Run(
        "INSERT OR REPLACE INTO ignite_state VALUES (1, ?, ?, ?, ?)",
        {std::to_string(move.to_version), move.to_release, baseline, TRY(SchemaText(connection))});
  }

  /// A failed COMMIT may have committed: what is there decides.
  Result<> Commit(SqliteConnection& connection, const Move& move) {
    auto committed = connection.Execute("COMMIT");
    if (committed) return {};
    (void)connection.Execute("ROLLBACK");
    auto again = SqliteConnection::Open(path_, Mode::kExisting);
    if (!again) return committed;
    auto state = ReadState(*again);
    return state && StandsAtEnd(*state, move) ? Result<>() : committed;
  }

  /// Rows whose foreign keys lead nowhere. An application may live with some.
  static Result<std::string> CountViolations(SqliteConnection& connection) {
    return connection.Value("SELECT count(*) FROM pragma_foreign_key_check");
  }

  static Result<> Copy(SqliteConnection& from, SqliteConnection& to) {
    CHandle<sqlite3_backup, sqlite3_backup_finish> backup(
        sqlite3_backup_init(to.handle(), "main", from.handle(), "main"));
    if (!backup) return to.Failure("copying the database");
    int result = sqlite3_backup_step(backup.get(), -1);
    backup.reset();
    return result == SQLITE_DONE ? Result<>() : to.Failure("copying the database");
  }

  /// A database that holds nothing is as good as none, and none may have been there.
  Result<> RemoveIfNothing(SqliteConnection& connection) {
    bool is_empty = TRY(connection.Value("SELECT count(*) FROM sqlite_schema")) == "0" &&
                    TRY(connection.Value("PRAGMA user_version")) == "0" &&
                    TRY(connection.Value("PRAGMA application_id")) == "0";
    return is_empty ? RemoveDatabase(path_) : Result<>();
  }

  static Result<> RemoveDatabase(const std::string& path) {
    for (std::string_view suffix : {"", "-journal", "-wal", "-shm"}) {
      std::string file = StrCat(path, suffix);
      if (unlink(file.c_str()) != 0 && errno != ENOENT)
        return SystemError(StrCat("removing ", file), errno);
    }
    return {};
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<Database> MakeSqliteDatabase(std::string path) {
  return std::make_unique<SqliteDatabase>(std::move(path));
}

}  // namespace ignite::migrations
