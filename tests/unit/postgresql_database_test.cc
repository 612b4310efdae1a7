// The migration engine on a real PostgreSQL.

#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "migrations/database.h"
#include "migrations/postgresql_connection.h"
#include "tests/fakes/moves.h"
#include "tests/fakes/postgresql_server.h"

namespace ignite::migrations {
namespace {

using fakes::MakeStep;
using fakes::Up;
using testing::HasSubstr;
using As = PostgresqlConnection::As;

class PostgresqlDatabaseTest : public testing::Test {
 protected:
  fakes::TemporaryDirectory folder_;
  fakes::PostgresqlServer& server_ = fakes::SharedPostgresqlServer();
  const std::string name_ = StrCat("test_", ++count_);
  const std::string address_ = server_.MakeDatabase(name_, "probe");
  const std::string copy_ = StrCat(address_, " dbname=", name_, "_copy");
  const std::string snapshot_ = folder_ / "snapshot";
  std::unique_ptr<Database> database_ = MakePostgresqlDatabase(address_);

  static void Execute(const std::string& address, const std::string& sql) {
    auto connection = PostgresqlConnection::Open(address, As::kLogin);
    ASSERT_TRUE(connection) << connection.error().cause;
    auto done = connection->Execute(StrCat("SET search_path = public; ", sql));
    ASSERT_TRUE(done) << done.error().cause;
  }
  void Execute(const std::string& sql) { Execute(address_, sql); }
  std::string Value(const std::string& sql) {
    auto connection = PostgresqlConnection::Open(address_, As::kLogin);
    if (!connection) return connection.error().cause;
    (void)connection->Execute("SET search_path = public");
    auto value = connection->Value(sql);
    return value ? *value : value.error().cause;
  }
  void ExpectDone(Result<> result) { EXPECT_TRUE(result) << result.error().cause; }
  DatabaseState Read() {
    auto state = database_->Read();
    EXPECT_TRUE(state) << state.error().cause;
    return state ? *std::move(state) : DatabaseState();
  }
  Fingerprint Examine(Database& database) {
    auto fingerprint = database.Examine();
    EXPECT_TRUE(fingerprint) << fingerprint.error().cause;
    return fingerprint ? *std::move(fingerprint) : Fingerprint();
  }

 private:
  static inline int count_ = 0;
};

const char* const kTable = "CREATE TABLE t (id integer PRIMARY KEY, a text);";
const char* const kNoTable = "DROP TABLE t;";

/// One of each kind of object that an application may have.
const char* const kEverything = R"sql(
CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('up', 'down'); CREATE DOMAIN port AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (a integer, b text); CREATE SEQUENCE numbers;
CREATE TABLE app.t (id serial PRIMARY KEY, mood app.mood DEFAULT 'up', p port, n numeric, j jsonb, UNIQUE (n));
CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE child (parent integer REFERENCES parent ON DELETE CASCADE);
CREATE TABLE parts (at date, v integer) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON parts (v); CREATE VIEW v AS SELECT id FROM app.t; CREATE MATERIALIZED VIEW m AS SELECT id FROM parent;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := 1; RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION f();
CREATE FUNCTION two() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer); CREATE STATISTICS s ON id, n FROM app.t;
CREATE RULE r AS ON DELETE TO parent DO INSTEAD NOTHING; COMMENT ON TABLE parent IS 'a comment'; CREATE EXTENSION pgcrypto;
ALTER TABLE parent ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON parent USING (id > 0); GRANT SELECT ON parent TO PUBLIC;
INSERT INTO app.t (j) VALUES ('{"a": 1}'); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1);
INSERT INTO parts VALUES ('2026-05-05', 7);
)sql";

TEST_F(PostgresqlDatabaseTest, AMoveIsSchemaVersionAndHistoryTogether) {
  EXPECT_TRUE(Read().exists);
  EXPECT_TRUE(Read().is_empty);
  Move up = Up("", 0, "2-t1",
               {MakeStep(1, kTable, kNoTable),
                MakeStep(2, "ALTER TABLE t ADD b text; INSERT INTO t VALUES (1, 'x', 'y')",
                         "ALTER TABLE t DROP COLUMN b")});
  ExpectDone(database_->Run(up));
  ExpectDone(database_->Run(up));
  DatabaseState state = Read();
  EXPECT_EQ(state.version, 2);
  EXPECT_EQ(state.release, "2-t1");
  EXPECT_FALSE(state.is_empty);
  ASSERT_EQ(state.applied.size(), 2U);
  EXPECT_EQ(state.applied[1].step.down, "ALTER TABLE t DROP COLUMN b");
  EXPECT_EQ(state.schema, state.recorded_schema);
  EXPECT_GT(state.bytes, 1000U);
  EXPECT_EQ(Value("SELECT count(*) FROM ignite_history"), "2");
}

TEST_F(PostgresqlDatabaseTest, DownKeepsTheRowsWrittenSince) {
  Execute("CREATE TABLE t (id integer PRIMARY KEY, a text, z text); INSERT INTO t VALUES (1, 'x')");
  std::string before = Read().schema;
  Move up = Up("", 0, "1-t1",
               {MakeStep(1, "ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME TO u",
                         "ALTER TABLE u RENAME TO t; ALTER TABLE t ADD a text")});
  ExpectDone(database_->Run(up));
  EXPECT_NE(Read().schema, before);
  Execute("INSERT INTO u VALUES (2, 'new')");
  ExpectDone(database_->Run(Reversed(up)));
  EXPECT_EQ(Read().schema, before) << "the order of columns does not count";
  EXPECT_FALSE(Read().is_managed);
  EXPECT_EQ(Value("SELECT count(*) FROM t"), "2");
}

TEST_F(PostgresqlDatabaseTest, AFailingStepTakesTheWholeMoveBackAndNamesItsLine) {
  Execute("CREATE TABLE old (a integer PRIMARY KEY); INSERT INTO old VALUES (1)");
  struct {
    const char* sql;
    const char* line;
  } cases[] = {
      {"SELECT 'ä';\n\n SELECT missing FROM t", "line 3: column"},
      {"SELECT 1;\n INSERT INTO old VALUES (2);\n\nINSERT INTO old VALUES (1)", "line 4: "},
      {"SELECT 1;\nCOPY t FROM STDIN", "line 2: COPY has nothing to read"}};
  for (const auto& [sql, line] : cases) {
    auto failed =
        database_->Run(Up("", 0, "3-t1",
                          {MakeStep(1, kTable, kNoTable),
                           MakeStep(2, "DELETE FROM old WHERE a = 7", ""), MakeStep(3, sql, "")}));
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().cause, HasSubstr(StrCat("step 3 s3 (up), ", line)));
    EXPECT_FALSE(Read().is_managed);
    EXPECT_EQ(Value("SELECT count(*) FROM old"), "1");
  }
}

TEST_F(PostgresqlDatabaseTest, AStepCannotLeaveItsTransactionOrItsRole) {
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
  auto administrator = MakePostgresqlDatabase(server_.AsAdministrator(name_));
  for (const char* sql : {"COMMIT", "ROLLBACK", "SAVEPOINT a", "SET ROLE postgres", "RESET ROLE",
                          "DO $$ BEGIN EXECUTE 'RESET ROLE'; END $$", "DO $$ BEGIN COMMIT; END $$",
                          "CREATE INDEX CONCURRENTLY i ON t (a)", "COPY t TO PROGRAM 'true'"}) {
    auto refused = administrator->Run(Up("1-t1", 1, "2-t2", {MakeStep(2, sql, "")}));
    EXPECT_FALSE(refused) << sql;
    EXPECT_EQ(Read().version, 1) << sql;
  }
}

TEST_F(PostgresqlDatabaseTest, AStepThatEndsItsTransactionUnseenIsRefused) {
  // A name that looks like the beginning of an expression in a body, which goes on for us.
  auto refused =
      database_->Run(Up("", 0, "1-t1",
                        {MakeStep(1,
                                  "CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC\n"
                                  "SELECT 1 AS case; END;\nCOMMIT; BEGIN;",
                                  "")}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("step 1 s1 (up) ended its transaction"));
}

TEST_F(PostgresqlDatabaseTest, StepsRunAsTheOwnerWhoeverLogsIn) {
  auto administrator = MakePostgresqlDatabase(server_.AsAdministrator(name_));
  ExpectDone(administrator->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
  EXPECT_EQ(
      Value(
          "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname = 'public'"),
      "probe");
}

TEST_F(PostgresqlDatabaseTest, EachStepBeginsWithTheSettingsOfTheDatabase) {
  ExpectDone(database_->Run(
      Up("", 0, "2-t1",
         {MakeStep(1, "SELECT set_config('search_path', '', false); SET lock_timeout = 0", ""),
          MakeStep(2, kTable, kNoTable)})));
  EXPECT_EQ(Value("SELECT count(*) FROM public.t"), "0");
}

TEST_F(PostgresqlDatabaseTest, AStepWithoutATransactionRunsStatementByStatement) {
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
  ExpectDone(
      database_->Run(Up("1-t1", 1, "2-t2",
                        {MakeStep(2, "CREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t;",
                                  "DROP INDEX CONCURRENTLY i", {.non_transactional = true})})));
  EXPECT_EQ(Read().version, 2);
  EXPECT_THAT(Read().schema, HasSubstr("index public.i"));
  auto failed = database_->Run(Up("2-t2", 2, "3-t3",
                                  {MakeStep(3, "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON t (a)",
                                            "", {.non_transactional = true})}));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().cause, HasSubstr("step 3 s3 (up), line 2: "));
}

TEST_F(PostgresqlDatabaseTest, AStepEndsWhereItChangesHowItsTextIsRead) {
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
  for (const char* sql : {"SET standard_conforming_strings = off", "SET NAMES 'LATIN1'",
                          "SELECT set_config('client_encoding', 'SJIS', false)"}) {
    auto refused =
        database_->Run(Up("1-t1", 1, "2-t2",
                          {MakeStep(2, StrCat("\n", sql, ";\nSELECT '\\'; DROP TABLE t; --'"), "",
                                    {.non_transactional = true})}));
    ASSERT_FALSE(refused) << sql;
    EXPECT_THAT(refused.error().cause, HasSubstr("step 2 s2 (up), line 2 changed how")) << sql;
    EXPECT_EQ(Value("SELECT count(*) FROM t"), "0") << sql;
  }
  // As a dump begins.
  ExpectDone(database_->Run(
      Up("1-t1", 1, "2-t2",
         {MakeStep(2, "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on", "",
                   {.non_transactional = true})})));
}

TEST_F(PostgresqlDatabaseTest, AMoveThatProvesItsReturnIsTakenBackWhereTheDownDoesNotLeadBack) {
  Execute("CREATE TABLE t (id integer, a text); INSERT INTO t VALUES (1, 'x')");
  Move up =
      Up("", 0, "1-t1", {MakeStep(1, "UPDATE t SET a = 'y'; CREATE TABLE u ()", "DROP TABLE u")});
  up.proves_return = true;
  auto refused = database_->Run(up);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause,
              HasSubstr("does not lead back to the start: 'public.t: 1 rows"));
  EXPECT_EQ(Value("SELECT a FROM t"), "x");
  EXPECT_FALSE(Read().is_managed);
  up.steps[0].down = "DROP TABLE u; UPDATE t SET a = 'x'";
  ExpectDone(database_->Run(up));
  EXPECT_EQ(Value("SELECT a FROM t"), "y");
  EXPECT_EQ(Read().version, 1);
}

TEST_F(PostgresqlDatabaseTest, VerifyQueriesMustFindNothingAndOnlyRead) {
  Move up = Up("", 0, "1-t1", {MakeStep(1, StrCat(kTable, "INSERT INTO t VALUES (1, 'odd')"), "")});
  up.verify = {"SELECT a FROM t WHERE a = 'odd'"};
  auto refused = database_->Run(up);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().cause, HasSubstr("found: odd"));
  up.verify = {"DELETE FROM t"};
  EXPECT_FALSE(database_->Run(up));
  up.verify = {"SELECT a FROM t WHERE a = 'even'"};
  ExpectDone(database_->Run(up));
  EXPECT_EQ(Value("SELECT count(*) FROM t"), "1");
}

TEST_F(PostgresqlDatabaseTest, GrantAndRevokeLeaveTheSchemaOfBefore) {
  Execute(kTable);
  std::string before = Read().schema;
  Execute("GRANT SELECT ON t TO PUBLIC; GRANT UPDATE (a) ON t TO PUBLIC");
  EXPECT_NE(Read().schema, before);
  Execute("REVOKE SELECT ON t FROM PUBLIC; REVOKE UPDATE (a) ON t FROM PUBLIC");
  EXPECT_EQ(Read().schema, before);
}

TEST_F(PostgresqlDatabaseTest, TheSchemaTellsOfEveryKindOfObject) {
  Execute(kEverything);
  std::string schema = Read().schema;
  for (const char* line : {"schema app:",
                           "type app.mood:",
                           "type public.port:",
                           "relation public.pair:",
                           "sequence public.numbers:",
                           "column app.t.mood:",
                           "constraint app.t t_n_key:",
                           "constraint public.child child_parent_fkey:",
                           "relation public.parts_1:",
                           "index public.parts_v_idx:",
                           "view public.v:",
                           "view public.m:",
                           "trigger app.t CREATE",
                           "routine public.f():",
                           "routine public.two():",
                           "routine public.total(integer):",
                           "statistics s:",
                           "rule public.parent:",
                           "policy public.parent p:",
                           "comment on table public.parent:",
                           "extension pgcrypto"})
    EXPECT_THAT(schema, HasSubstr(line));
  EXPECT_THAT(schema, testing::Not(HasSubstr("digest(")));
}

TEST_F(PostgresqlDatabaseTest, ASnapshotBringsEverythingBackAndTakesAwayWhatIsNew) {
  Execute(kEverything);
  Fingerprint before = Examine(*database_);
  ExpectDone(database_->Snapshot(snapshot_));
  Execute(
      "DROP TABLE child, parent CASCADE; CREATE TABLE fresh (a integer); CREATE SCHEMA extra; "
      "CREATE TYPE x AS "
      "ENUM (); DELETE FROM app.t; DROP FUNCTION f CASCADE; CREATE FUNCTION g() RETURNS int "
      "LANGUAGE sql RETURN 1");
  ExpectDone(database_->Restore(snapshot_));
  Fingerprint after = Examine(*database_);
  EXPECT_EQ(after, before) << FirstDifference(before, after);
  ExpectDone(database_->Restore(snapshot_));
}

TEST_F(PostgresqlDatabaseTest, ADamagedSnapshotChangesNothing) {
  Execute(kEverything);
  ExpectDone(database_->Snapshot(snapshot_));
  Fingerprint before = Examine(*database_);
  auto info = MakePosixFileSystem()->Inspect(snapshot_);
  ASSERT_EQ(truncate(snapshot_.c_str(), static_cast<off_t>((*info)->size - 40)), 0);
  EXPECT_FALSE(database_->Restore(snapshot_));
  EXPECT_EQ(Examine(*database_), before);
}

TEST_F(PostgresqlDatabaseTest, ACopyIsAnotherDatabase) {
  Execute(kEverything);
  auto made = database_->MakeCopy(copy_, UINT64_MAX);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->kind, Copy::Kind::kWhole) << made->why;
  auto copy = MakePostgresqlDatabase(copy_);
  EXPECT_EQ(Examine(*copy), Examine(*database_));
  Execute(copy_, "DROP TABLE child");
  EXPECT_EQ(Value("SELECT count(*) FROM child"), "1");
  ExpectDone(database_->DropCopy(copy_));
  EXPECT_FALSE(PostgresqlConnection::Open(copy_, As::kLogin));
  ExpectDone(database_->DropCopy(copy_));
}

TEST_F(PostgresqlDatabaseTest, ACopyThatDoesNotFitHasNoRows) {
  Execute(kEverything);
  uint64_t bytes = database_->Read()->bytes;
  auto made = database_->MakeCopy(copy_, 8 * bytes - 1);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->kind, Copy::Kind::kSchema);
  EXPECT_THAT(made->why, HasSubstr("are free on the disk of its server"));
  auto copy = MakePostgresqlDatabase(copy_);
  EXPECT_EQ(Examine(*copy).schema, Examine(*database_).schema);
  EXPECT_NE(Examine(*copy).tables, Examine(*database_).tables);
  EXPECT_EQ(database_->MakeCopy(copy_, 8 * bytes)->kind, Copy::Kind::kWhole);
  ExpectDone(database_->DropCopy(copy_));
}

TEST_F(PostgresqlDatabaseTest, ACopyHasTheCommentsToo) {
  std::string administrator = server_.AsAdministrator(name_);
  Execute(administrator, "CREATE EXTENSION hstore");
  Execute(
      "CREATE TABLE t (a integer CONSTRAINT positive CHECK (a > 0)); COMMENT ON TABLE t IS 'it''s';"
      "COMMENT ON COLUMN t.a IS 'two\nlines'; COMMENT ON CONSTRAINT positive ON t IS 'c';"
      "CREATE TABLE \" COMMENT \" (); CREATE TABLE \"1; 2 3 COMMENT \" ();");
  auto made = MakePostgresqlDatabase(administrator)->MakeCopy(copy_, UINT64_MAX);
  ASSERT_TRUE(made) << made.error().cause;
  EXPECT_EQ(made->kind, Copy::Kind::kWhole) << made->why;
  EXPECT_EQ(Examine(*MakePostgresqlDatabase(copy_)), Examine(*database_));
  ExpectDone(database_->DropCopy(copy_));
}

TEST_F(PostgresqlDatabaseTest, ACopyInUseIsDroppedAllTheSame) {
  ASSERT_TRUE(database_->MakeCopy(copy_, UINT64_MAX));
  auto orphan = PostgresqlConnection::Open(copy_, As::kLogin);
  ASSERT_TRUE(orphan);
  ExpectDone(database_->DropCopy(copy_));
  EXPECT_FALSE(PostgresqlConnection::Open(copy_, As::kLogin));
}

TEST_F(PostgresqlDatabaseTest, ACopyThatTheServerIsStillMakingIsNotMade) {
  std::string administrator = server_.AsAdministrator(name_);
  auto stops = PostgresqlConnection::Open(administrator, As::kLogin);
  ASSERT_TRUE(stops);
  ExpectDone(stops->Execute("BEGIN"));
  ExpectDone(stops->Execute("LOCK TABLE pg_database IN SHARE MODE"));
  Result<> made;
  std::thread makes([&] {
    auto maker = PostgresqlConnection::Open(address_, As::kLogin);
    ASSERT_TRUE(maker);
    made = maker->Execute(StrCat("CREATE DATABASE \"", name_, "_copy\" OWNER \"probe\""));
  });
  auto wait_until_making = [&](const char* count) {
    for (int tries = 0; tries < 500; ++tries) {
      if (Value("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^CREATE DATABASE'") == count)
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "this never came: " << count;
  };
  wait_until_making("1");
  std::thread drops([&] { ExpectDone(MakePostgresqlDatabase(address_)->DropCopy(copy_)); });
  wait_until_making("0");
  ExpectDone(stops->Execute("ROLLBACK"));
  drops.join();
  makes.join();
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().cause, HasSubstr("terminating connection"));
  EXPECT_FALSE(PostgresqlConnection::Open(copy_, As::kLogin));
}

TEST_F(PostgresqlDatabaseTest, WhoMayMakeNoDatabaseHasNoCopy) {
  std::string address = server_.MakeDatabase(StrCat(name_, "_poor"), "poor");
  Execute(server_.AsAdministrator(name_), "ALTER ROLE poor NOCREATEDB");
  auto made = MakePostgresqlDatabase(address)->MakeCopy(StrCat(address, " dbname=", name_, "_copy"),
                                                        UINT64_MAX);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->kind, Copy::Kind::kNone);
  EXPECT_THAT(made->why, HasSubstr("permission denied"));
}

TEST_F(PostgresqlDatabaseTest, ReadingWaitsForAMoveWhoseProcessIsGone) {
  auto mover = PostgresqlConnection::Open(address_, As::kOwner);
  ASSERT_TRUE(mover);
  ExpectDone(mover->BeginMove({}));
  ExpectDone(mover->Execute("CREATE TABLE public.late ()"));
  std::thread commits([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    (void)mover->Execute("COMMIT");
  });
  EXPECT_THAT(Read().schema, HasSubstr("late"));
  commits.join();
}

TEST_F(PostgresqlDatabaseTest, AServerThatStartsIsWaitedFor) {
  ExpectDone(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, kNoTable)})));
  server_.StopImmediately();
  std::thread starts([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    server_.Start();
  });
  auto state = database_->Read();
  starts.join();
  ASSERT_TRUE(state) << state.error().cause;
  EXPECT_EQ(state->version, 1);
}

TEST_F(PostgresqlDatabaseTest, ADatabaseThatIsNotThereIsSaidAtOnce) {
  auto missing = MakePostgresqlDatabase(StrCat(address_, " dbname=nowhere"))->Read();
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().cause, HasSubstr("does not exist"));
  EXPECT_THAT(missing.error().remedy, HasSubstr("createdb"));
}

}  // namespace
}  // namespace ignite::migrations
