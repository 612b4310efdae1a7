// The migration engine on real SQLite files.

#include <gmock/gmock.h>

#include "base/file_system.h"
#include "base/sqlite.h"
#include "base/str_cat.h"
#include "migrations/database.h"
#include "migrations/sqlite_connection.h"
#include "tests/fakes/moves.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::migrations {
namespace {

using fakes::FailsWith;
using fakes::MakeStep;
using fakes::Up;
using testing::HasSubstr;

class SqliteDatabaseTest : public testing::Test {
 protected:
  fakes::TemporaryDirectory folder_;
  const std::string path_ = folder_ / "main.db";
  const std::string snapshot_ = folder_ / "snapshot";
  std::unique_ptr<Database> database_ = MakeSqliteDatabase(path_);

  void Execute(const std::string& sql) {
    auto connection = Sqlite::Open(path_, Sqlite::Mode::kReadWriteCreate);
    ASSERT_TRUE(connection);
    auto done = connection->Execute(sql);
    ASSERT_TRUE(done) << done.error().cause;
  }
  std::string Value(const std::string& sql) {
    auto connection = Sqlite::Open(path_, Sqlite::Mode::kReadOnly);
    auto statement = connection->Prepare(sql);
    if (!statement) return StrCat("ERROR ", statement.error().cause);
    auto row = statement->Step();
    return row && *row ? statement->Text(0) : "";
  }
  void ExpectDone(Result<> result) { EXPECT_TRUE(result) << result.error().cause; }
  DatabaseState Read() {
    auto state = database_->Read();
    EXPECT_TRUE(state) << state.error().cause;
    return state ? *std::move(state) : DatabaseState();
  }
};

const char* const kTable = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";
const char* const kNoTable = "DROP TABLE t;";

TEST_F(SqliteDatabaseTest, ADatabaseThatIsNotThereIsAState) {
  DatabaseState state = Read();
  EXPECT_FALSE(state.exists);
  EXPECT_FALSE(MakePosixFileSystem()->Inspect(path_)->has_value());
}

TEST_F(SqliteDatabaseTest, AMoveIsSchemaVersionAndHistoryTogether) {
  Move up = Up("", 0, "2-t1",
               {MakeStep(1, kTable, kNoTable),
                MakeStep(2, "ALTER TABLE t ADD b; INSERT INTO t VALUES (1, 'x', 2)",
                         "ALTER TABLE t DROP COLUMN b")});
  ExpectDone(database_->Run(up));
  DatabaseState state = Read();
  EXPECT_EQ(state.version, 2);
  EXPECT_EQ(state.release, "2-t1");
  ASSERT_EQ(state.applied.size(), 2U);
  EXPECT_EQ(state.applied[1].step.down, "ALTER TABLE t DROP COLUMN b");
  EXPECT_EQ(state.applied[1].release, "2-t1");
  EXPECT_EQ(state.schema, state.recorded_schema);
  EXPECT_EQ(Value("SELECT count(*) FROM ignite_history"), "2");
}

TEST_F(SqliteDatabaseTest, ASchemaMayUseJsonAndNothingThatLoadsCode) {
  std::string json =
      "CREATE TABLE t (a TEXT CHECK (json_valid(a)), b AS (json_extract(a, '$.b')));"
      "CREATE INDEX i ON t (b); INSERT INTO t (a) VALUES ('{\"b\": 1}');";
  std::string evil = "CREATE VIEW evil AS SELECT load_extension('/tmp/x.so') AS x;";
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, json + evil, "")})));
  auto holds = database_->Examine();
  ASSERT_TRUE(holds) << holds.error().cause;
  auto done = MakeSqliteDatabase(path_)->Run(
      Up("1-t1", 1, "2-t1", {MakeStep(2, "CREATE TABLE u AS SELECT x FROM evil", "")}));
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().cause, HasSubstr("unsafe use of load_extension()"));
}

TEST_F(SqliteDatabaseTest, AStepMakesAndFillsASearchIndex) {
  const char* up =
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'one two');"
      "CREATE VIRTUAL TABLE found USING fts5 (a, content = 't', content_rowid = 'id');"
      "CREATE TRIGGER t_found AFTER INSERT ON t BEGIN INSERT INTO found (rowid, a) VALUES (NEW.id, "
      "NEW.a); END;"
      "INSERT INTO found (rowid, a) SELECT id, a FROM t; INSERT INTO t VALUES (2, 'two three');";
  Move move = Up("", 0, "1-t1", {MakeStep(1, up, "DROP TABLE found; DROP TABLE t")});
  ExpectDone(database_->Run(move));
  EXPECT_EQ(Value("SELECT count(*) FROM found WHERE found MATCH 'two'"), "2");
  ExpectDone(database_->Run(Reversed(move)));
}

TEST_F(SqliteDatabaseTest, TheSameMoveTwiceIsDoneOnce) {
  Move up = Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)});
  ExpectDone(database_->Run(up));
  ExpectDone(database_->Run(up));
  EXPECT_EQ(Value("SELECT count(*) FROM ignite_history"), "1");
  Move back = Reversed(up);
  ExpectDone(database_->Run(back));
  ExpectDone(database_->Run(back));
}

TEST_F(SqliteDatabaseTest, AFailingStepTakesTheWholeMoveBack) {
  Execute("CREATE TABLE old (a); INSERT INTO old VALUES (1)");
  auto failed =
      database_->Run(Up("", 0, "3-t1",
                        {MakeStep(1, kTable, kNoTable), MakeStep(2, "DELETE FROM old", ""),
                         MakeStep(3, "SELECT 1;\n\n SELECT missing FROM t", "")}));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().cause, HasSubstr("step 3 s3 (up), line 3: no such column"));
  EXPECT_EQ(Value("SELECT count(*) FROM sqlite_schema"), "1");
  EXPECT_EQ(Value("SELECT count(*) FROM old"), "1");
}

TEST_F(SqliteDatabaseTest, DownKeepsTheRowsWrittenSinceAndLeavesTheSchemaOfBefore) {
  Execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x')");
  std::string before = Read().schema;
  Move up = Up("", 0, "1-t1",
               {MakeStep(1, "ALTER TABLE t ADD b; ALTER TABLE t RENAME TO u",
                         "ALTER TABLE u RENAME TO t; ALTER TABLE t DROP COLUMN b")});
  ExpectDone(database_->Run(up));
  Execute("INSERT INTO u VALUES (2, 'new', 'b')");
  ExpectDone(database_->Run(Reversed(up)));
  EXPECT_EQ(Read().schema, before);
  EXPECT_FALSE(Read().is_managed);
  EXPECT_EQ(Value("SELECT group_concat(a) FROM t"), "x,new");
}

TEST_F(SqliteDatabaseTest, ADatabaseThatTheMoveMadeGoesWithIt) {
  Move up = Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)});
  ExpectDone(database_->Run(up));
  ExpectDone(database_->Run(Reversed(up)));
  EXPECT_FALSE(Read().exists);
}

TEST_F(SqliteDatabaseTest, AMoveFromElsewhereIsRefused) {
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
  auto refused = database_->Run(Up("7-t9", 7, "8-t10", {MakeStep(8, "SELECT 1", "")}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_THAT(refused.error().cause, HasSubstr("at version 1 of the release 1-t1"));
  EXPECT_EQ(Read().version, 1);
}

TEST_F(SqliteDatabaseTest, AStepCannotLeaveItsTransactionOrItsDatabase) {
  for (const char* sql :
       {"COMMIT", "ROLLBACK", "SAVEPOINT a", "ATTACH '/etc/passwd' AS p", "VACUUM",
        "PRAGMA writable_schema = 1", "SELECT load_extension('x')", "DROP TABLE ignite_state",
        "CREATE TABLE ignite_x (a)", "UPDATE ignite_state SET version = 9",
        "DELETE FROM ignite_migrations", "CREATE INDEX i ON ignite_history (at)",
        "ALTER TABLE ignite_state ADD b"}) {
    ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
    auto refused = database_->Run(Up("1-t1", 1, "2-t2", {MakeStep(2, sql, "")}));
    EXPECT_FALSE(refused) << sql;
    EXPECT_EQ(Read().version, 1) << sql;
    EXPECT_EQ(Read().applied.size(), 1U) << sql;
  }
}

TEST_F(SqliteDatabaseTest, ATextEndsInAnErrorWhereSqliteWouldEndIt) {
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
  auto refused = database_->Run(
      Up("1-t1", 1, "2-t2", {MakeStep(2, std::string("SELECT 1;\n\0DROP TABLE t", 23), "")}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("step 2 s2 (up), line 2: a NUL byte"));
}

TEST_F(SqliteDatabaseTest, ForeignKeysHoldUnlessTheStepRebuildsTables) {
  Execute(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) ON DELETE "
      "CASCADE); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)");
  const char* rebuild =
      "CREATE TABLE q (id INTEGER PRIMARY KEY, b); INSERT INTO q SELECT id, 0 FROM p; DROP TABLE "
      "p; ALTER TABLE q RENAME TO p;";
  ExpectDone(database_->Run(
      Up("", 0, "1-t1", {MakeStep(1, rebuild, std::nullopt, {.foreign_keys_off = true})})));
  EXPECT_EQ(Value("SELECT count(*) FROM c"), "1");
  auto refused = database_->Run(
      Up("1-t1", 1, "2-t2", {MakeStep(2, "DELETE FROM p", "", {.foreign_keys_off = true})}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("rows refer to rows that are not there"));
  EXPECT_EQ(Value("SELECT count(*) FROM p"), "1");
}

TEST_F(SqliteDatabaseTest, RowsDoNotLoseTheirParentsAlsoWhereSqliteLooksAway) {
  Execute(
      "CREATE TABLE p (k TEXT NOT NULL); CREATE UNIQUE INDEX pk ON p (k); CREATE TABLE c (k "
      "REFERENCES p (k)); INSERT INTO p VALUES ('a'); INSERT INTO c VALUES ('a')");
  const char* no_key = "DROP INDEX pk; DROP TABLE p";
  auto refused = database_->Run(Up("", 0, "1-t1", {MakeStep(1, no_key, "")}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("rows refer to rows that are not there"));
  refused = database_->Run(
      Up("", 0, "1-t1", {MakeStep(1, "CREATE TABLE d (k REFERENCES c (k))", "DROP TABLE d")}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("foreign key mismatch"));
  // By a down as well.
  Move up = Up("", 0, "1-t1", {MakeStep(1, "SELECT 1", no_key)});
  ExpectDone(database_->Run(up));
  refused = database_->Run(Reversed(up));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("rows refer to rows that are not there"));
  EXPECT_EQ(Value("SELECT count(*) FROM p"), "1");
}

TEST_F(SqliteDatabaseTest, AKeyThatIsNoneIsNoHindranceToAStepThatCannotMakeOne) {
  Execute("CREATE TABLE p (k); CREATE TABLE c (k REFERENCES p (k))");
  const char* sql = "ALTER TABLE c ADD b; UPDATE c SET b = 'drop'; CREATE INDEX i ON c (b)";
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, sql, "ALTER TABLE c DROP b")})));
}

TEST_F(SqliteDatabaseTest, AStepMayMendWhatAnApplicationLeft) {
  Execute(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id)); INSERT INTO "
      "c "
      "VALUES (1), (2)");
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, "DELETE FROM c WHERE p = 1", "")})));
  EXPECT_EQ(Value("SELECT count(*) FROM c"), "1");
}

TEST_F(SqliteDatabaseTest, WhoeverKeepsItLockedIsNamedWithTheFileAndTheRemedy) {
  Execute(kTable);
  auto connection = SqliteConnection::Open(path_, SqliteConnection::Mode::kExisting);
  (void)sqlite3_busy_timeout(connection->handle(), 0);
  auto holder = SqliteConnection::Open(path_, SqliteConnection::Mode::kExisting);
  ExpectDone(holder->Execute("PRAGMA locking_mode = exclusive; INSERT INTO t VALUES (1, 'x')"));
  auto refused = connection->Execute("BEGIN IMMEDIATE");
  EXPECT_THAT(refused, FailsWith(ErrorCode::kBusy, "another program holds the database " + path_));
  EXPECT_THAT(refused.error().remedy, HasSubstr("locking_mode = exclusive"));
}

TEST_F(SqliteDatabaseTest, VerifyQueriesMustFindNothing) {
  Move up = Up("", 0, "1-t1", {MakeStep(1, StrCat(kTable, "INSERT INTO t VALUES (1, 'odd')"), "")});
  up.verify = {"SELECT a FROM t WHERE a = 'odd'"};
  auto refused = database_->Run(up);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("found: odd"));
  EXPECT_FALSE(Read().is_managed);
}

TEST_F(SqliteDatabaseTest, ABaselineIsTheVersionOfWhatIsThere) {
  Execute(kTable);
  Move up = Up("", 17, "18-t1", {MakeStep(18, "ALTER TABLE t ADD c", "ALTER TABLE t DROP c")});
  up.baseline = 17;
  ExpectDone(database_->Run(up));
  EXPECT_EQ(Read().baseline, 17);
  EXPECT_EQ(Read().version, 18);
  EXPECT_EQ(Read().applied.size(), 1U);
}

TEST_F(SqliteDatabaseTest, ASnapshotBringsEverythingBack) {
  Execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  auto before = database_->Examine();
  ASSERT_TRUE(before);
  ExpectDone(database_->Snapshot(snapshot_));
  Execute("INSERT INTO t VALUES (2); CREATE TABLE u (b)");
  EXPECT_NE(*database_->Examine(), *before);
  ExpectDone(database_->Restore(snapshot_));
  ExpectDone(database_->Restore(snapshot_));
  EXPECT_EQ(*database_->Examine(), *before);
}

TEST_F(SqliteDatabaseTest, ExamineTellsRowsApartAndNotTheirOrder) {
  Execute("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, NULL)");
  auto first = database_->Examine();
  Execute("DELETE FROM t; INSERT INTO t VALUES (2, NULL), (1, 'x')");
  EXPECT_EQ(*database_->Examine(), *first);
  Execute("UPDATE t SET b = '' WHERE a = 2");
  EXPECT_NE(*database_->Examine(), *first);
  Execute("UPDATE t SET b = NULL WHERE a = 2; UPDATE t SET a = '1' WHERE a = 1");
  EXPECT_NE(*database_->Examine(), *first);
}

TEST_F(SqliteDatabaseTest, ADamagedDatabaseIsNoSnapshot) {
  Execute("CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1)");
  Execute("INSERT INTO t SELECT randomblob(3000) FROM (VALUES (1), (2), (3), (4), (5), (6))");
  auto files = MakePosixFileSystem();
  std::string bytes = *files->ReadFile(path_, 1 << 20);
  std::fill(bytes.begin() + 4096 * 3, bytes.begin() + 4096 * 3 + 600, 'x');
  ASSERT_TRUE(files->WriteAtomically(path_, AsBytes(bytes), 0644));
  EXPECT_FALSE(database_->Snapshot(snapshot_));
  EXPECT_FALSE(database_->Examine());
  EXPECT_FALSE(files->Inspect(snapshot_)->has_value());
}

TEST_F(SqliteDatabaseTest, WhatCannotBeOpenedIsNamedWithTheCause) {
  auto files = MakePosixFileSystem();
  ASSERT_TRUE(files->WriteAtomically(path_, AsBytes(std::string(5000, 'x')), 0644));
  std::string damaged = StrCat("the database ", path_, " is damaged: file is not a database");
  EXPECT_THAT(database_->Read(), FailsWith(ErrorCode::kIo, damaged));
  EXPECT_THAT(database_->Snapshot(snapshot_), FailsWith(ErrorCode::kIo, damaged));
  ASSERT_TRUE(files->WriteAtomically(snapshot_, AsBytes(std::string(5000, 'x')), 0644));
  EXPECT_THAT(
      database_->Restore(snapshot_),
      FailsWith(ErrorCode::kIo, StrCat("the snapshot ", snapshot_, " is damaged: file is")));
  EXPECT_THAT(
      MakeSqliteDatabase(folder_.path())->Read(),
      FailsWith(ErrorCode::kNotFound, StrCat("opening the database ", folder_.path(),
                                             ": unable to open database file: Is a directory")));
}

TEST_F(SqliteDatabaseTest, ADamagedSnapshotIsNotRestored) {
  Execute("CREATE TABLE t (a)");
  Execute("INSERT INTO t SELECT randomblob(3000) FROM (VALUES (1), (2), (3), (4), (5), (6))");
  ExpectDone(database_->Snapshot(snapshot_));
  Execute("INSERT INTO t VALUES (7)");
  auto before = database_->Examine();
  ASSERT_TRUE(before);
  auto files = MakePosixFileSystem();
  const std::string whole = *files->ReadFile(snapshot_, 1 << 20);
  std::string torn = whole;
  std::fill(torn.begin() + 4096, torn.begin() + 4096 + 600, 'x');
  for (const std::string& bytes : {std::string(), torn, whole.substr(0, 4096 * 3)}) {
    ASSERT_TRUE(files->WriteAtomically(snapshot_, AsBytes(bytes), 0600));
    EXPECT_THAT(database_->Restore(snapshot_), FailsWith(ErrorCode::kIo));
    auto after = database_->Examine();
    ASSERT_TRUE(after);
    EXPECT_EQ(*after, *before);
  }
}

TEST_F(SqliteDatabaseTest, ASnapshotOfNoDatabaseLeadsBackToNone) {
  ExpectDone(database_->Snapshot(snapshot_));
  Execute("CREATE TABLE t (a)");
  ExpectDone(database_->Restore(snapshot_));
  EXPECT_FALSE(Read().exists);
}

TEST_F(SqliteDatabaseTest, StepsOutsideATransactionAreMarkedBefore) {
  Move whole =
      Up("", 0, "3-t1",
         {MakeStep(1, kTable, kNoTable), MakeStep(2, "VACUUM", "", {.non_transactional = true}),
          MakeStep(3, "ALTER TABLE t ADD b", "ALTER TABLE t DROP b")});
  std::vector<Move> moves = Split(whole);
  ASSERT_EQ(moves.size(), 3U);
  EXPECT_EQ(moves[0].to_release, "3-t1");
  EXPECT_EQ(moves[0].to_version, 1);
  EXPECT_EQ(moves[1].from_version, 1);
  EXPECT_EQ(moves[1].to_version, 2);
  for (const Move& move : moves) ExpectDone(database_->Run(move));
  EXPECT_EQ(Read().version, 3);
  EXPECT_EQ(Read().applied.size(), 3U);
}

TEST_F(SqliteDatabaseTest, AFirstStepOutsideATransactionHasAMarkOfItsOwn) {
  Move whole = Up("1-t1", 1, "2-t2", {MakeStep(2, "VACUUM", "", {.non_transactional = true})});
  std::vector<Move> moves = Split(whole);
  ASSERT_EQ(moves.size(), 3U);
  EXPECT_TRUE(moves[0].steps.empty());
  EXPECT_EQ(moves[0].to_release, "2-t2");
  EXPECT_EQ(moves[0].to_version, 1);
  EXPECT_EQ(moves[2].to_version, 2);
  Move back = Reversed(whole);
  back.to_release = "";
  EXPECT_EQ(Split(back)[0].to_release, kLeaving);
  EXPECT_EQ(Split(back).back().to_release, "");
}

}  // namespace
}  // namespace ignite::migrations
