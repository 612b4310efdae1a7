#include "migrations/sql_text.h"

#include <gmock/gmock.h>

#include "base/str_cat.h"

namespace ignite::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Form(std::string_view sql, Engine engine = Engine::kSqlite) {
  auto form = NormalForm(sql, engine);
  return form ? *form : StrCat("ERROR ", form.error().cause);
}

std::vector<std::string> Obstacles(std::string_view sql, Engine engine, StepTraits traits = {}) {
  std::vector<Fault> faults;
  FindObstacles(sql, engine, traits, faults);
  std::vector<std::string> lines;
  for (const Fault& fault : faults) lines.push_back(StrCat(fault.line, ": ", fault.message));
  return lines;
}

TEST(NormalFormTest, IgnoresCommentsAndWhiteSpace) {
  EXPECT_EQ(Form("CREATE  TABLE t(a) -- why\n;"), Form("/* what */CREATE TABLE t ( a );"));
  EXPECT_EQ(Form("SELECT 1;\n\n"), "SELECT 1 ;");
}

TEST(NormalFormTest, KeepsWhatIsInQuotationMarks) {
  EXPECT_NE(Form("INSERT INTO t VALUES ('a  b')"), Form("INSERT INTO t VALUES ('a b')"));
  EXPECT_EQ(Form("SELECT 'it''s -- no comment'"), "SELECT 'it''s -- no comment'");
  EXPECT_EQ(Form("SELECT \"a;b\", [c;d], `e;f`"), "SELECT \"a;b\" , [c;d] , `e;f`");
  EXPECT_EQ(Form("SELECT $x$a; -- b$x$, $$c$$", Engine::kPostgresql),
            "SELECT $x$a; -- b$x$ , $$c$$");
  EXPECT_EQ(Form(R"(SELECT E'a\'b', 'c\')", Engine::kPostgresql), R"(SELECT E'a\'b' , 'c\')");
}

TEST(NormalFormTest, JoinsNoTwoTokens) {
  EXPECT_NE(Form("SELECT a - -1"), Form("SELECT a --1"));
  EXPECT_NE(Form("SELECT 1 e5"), Form("SELECT 1e5"));
  EXPECT_NE(Form("SELECT a< =b"), Form("SELECT a<=b"));
}

TEST(NormalFormTest, AnOperatorTakesNoMarkOfANameAlong) {
  EXPECT_EQ(Form("SELECT a=`b--c`"), "SELECT a = `b--c`");
  // PostgreSQL has no such names.
  EXPECT_EQ(Form("SELECT a=`b", Engine::kPostgresql), "SELECT a =` b");
}

TEST(NormalFormTest, TellsABlobFromANameAndAnAlias) {
  EXPECT_EQ(Form("SELECT x'00', X'00'"), "SELECT x'00' , X'00'");
  EXPECT_EQ(Form("SELECT x '00', ex'00', b'1'"), "SELECT x '00' , ex '00' , b '1'");
  EXPECT_EQ(Form("SELECT b'1', n'a', U&'a''b', u&\"a\", x'0'", Engine::kPostgresql),
            "SELECT b'1' , n'a' , U&'a''b' , u&\"a\" , x'0'");
  EXPECT_EQ(Form("SELECT u& 'a', u & \"a\"", Engine::kPostgresql), "SELECT u & 'a' , u & \"a\"");
  EXPECT_EQ(Form("SELECT u&'a'"), "SELECT u & 'a'");
}

TEST(NormalFormTest, NestsCommentsInPostgresqlOnly) {
  EXPECT_EQ(Form("/* a /* b */ c */ SELECT 1", Engine::kPostgresql), "SELECT 1");
  EXPECT_EQ(Form("/* a /* b */ SELECT 1"), "SELECT 1");
}

TEST(NormalFormTest, EndsACommentWhereTheEngineEndsIt) {
  EXPECT_EQ(Form("-- a\rDROP TABLE t", Engine::kPostgresql), "DROP TABLE t");
  EXPECT_EQ(Form("-- a\rDROP TABLE t"), "");
}

TEST(NormalFormTest, GoesOnWithAStringBehindALineEndInPostgresqlOnly) {
  EXPECT_EQ(Form("SELECT E'a' -- b\n 'c\\' -- ' -- d", Engine::kPostgresql),
            "SELECT E'a'\n'c\\' -- '");
  EXPECT_EQ(Form("SELECT E'a'/*\n*/'c\\' -- '", Engine::kPostgresql), "SELECT E'a' 'c\\'");
  EXPECT_EQ(Form("SELECT 'a'\n'c'"), "SELECT 'a' 'c'");
}

TEST(NormalFormTest, TakesAParameterOfSqliteWithWhatStandsInItsBrackets) {
  EXPECT_EQ(Form("SELECT $a(--); DROP TABLE t"), "SELECT $a(--) ; DROP TABLE t");
  EXPECT_THAT(Form("SELECT $a(;"), HasSubstr("line 1: the parameter"));
}

TEST(NormalFormTest, ANulByteIsAFault) {
  using std::string_view_literals::operator""sv;
  for (Engine engine : {Engine::kSqlite, Engine::kPostgresql}) {
    EXPECT_THAT(Form("SELECT 1\n;-- \0DROP"sv, engine), HasSubstr("line 2: a NUL byte"));
    EXPECT_THAT(Form("SELECT '\0'"sv, engine), HasSubstr("line 1: a NUL byte"));
  }
}

TEST(NormalFormTest, NamesTheLineOfWhatHasNoEnd) {
  EXPECT_THAT(Form("SELECT 1;\nSELECT 'a\n\n"), HasSubstr("line 2: the string"));
  EXPECT_THAT(Form("\n\n/* a"), HasSubstr("line 3: the comment"));
  EXPECT_THAT(Form("SELECT \"a"), HasSubstr("line 1: the name"));
  EXPECT_THAT(Form("SELECT $a$ $b$", Engine::kPostgresql), HasSubstr("line 1: the string"));
}

TEST(ReadTraitsTest, AreWordsOfMarkedComments) {
  std::vector<Fault> faults;
  StepTraits traits =
      ReadTraits("-- ignite: lossy, foreign-keys-off\nDROP TABLE t; -- ignite is fine",
                 Engine::kSqlite, faults);
  EXPECT_TRUE(traits.lossy);
  EXPECT_TRUE(traits.foreign_keys_off);
  EXPECT_FALSE(traits.non_transactional);
  EXPECT_TRUE(
      ReadTraits("/* ignite: non-transactional */", Engine::kPostgresql, faults).non_transactional);
  EXPECT_THAT(faults, IsEmpty());
}

TEST(ReadTraitsTest, RefusesUnknownWordsAndThoseOfTheOtherEngine) {
  std::vector<Fault> faults;
  (void)ReadTraits("\n-- ignite: lossi\n", Engine::kSqlite, faults);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].line, 2);
  EXPECT_THAT(faults[0].remedy, HasSubstr("lossy"));
  (void)ReadTraits("-- ignite: foreign-keys-off", Engine::kPostgresql, faults);
  EXPECT_EQ(faults.size(), 2U);
}

TEST(FindObstaclesTest, FindsControlOfTheTransactionWithItsLine) {
  for (Engine engine : {Engine::kSqlite, Engine::kPostgresql}) {
    EXPECT_THAT(Obstacles("CREATE TABLE a (b);\n\nBEGIN;\nCOMMIT;\n", engine),
                ElementsAre(HasSubstr("3: BEGIN"), HasSubstr("4: COMMIT")));
    for (const char* word : {"begin", "commit", "end", "rollback", "savepoint x", "release x",
                             "start transaction", "/* so */ commit"})
      EXPECT_EQ(Obstacles(word, engine).size(), 1U) << word;
    EXPECT_THAT(Obstacles("BEGIN; COMMIT;", engine, {.non_transactional = true}), IsEmpty());
  }
}

TEST(FindObstaclesTest, FindsWhatOnlyTheEngineSees) {
  for (const char* sql : {"-- a\rCOMMIT", "SELECT E'a'\n'\\'; -- '; COMMIT; --'",
                          "SELECT E'a'\n'\\'' -- ';\n; COMMIT"})
    EXPECT_EQ(Obstacles(sql, Engine::kPostgresql).size(), 1U) << sql;
  EXPECT_EQ(Obstacles("\xef\xbb\xbf"
                      "COMMIT",
                      Engine::kSqlite),
            std::vector<std::string>{"1: COMMIT controls the transaction"});
  EXPECT_EQ(Obstacles("SELECT :a(--); COMMIT", Engine::kSqlite).size(), 1U);
  EXPECT_THAT(Obstacles("-- a\rCOMMIT", Engine::kSqlite), IsEmpty());
}

TEST(FindObstaclesTest, KnowsTheBodiesOfTriggersAndFunctions) {
  EXPECT_THAT(Obstacles("CREATE TRIGGER t AFTER INSERT ON a BEGIN\n"
                        " UPDATE a SET b = CASE WHEN c THEN 1 ELSE 2 END;\n DELETE FROM d;\nEND;\n"
                        "COMMIT;",
                        Engine::kSqlite),
              ElementsAre(HasSubstr("5: COMMIT")));
  EXPECT_THAT(Obstacles("CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;\n"
                        "CREATE FUNCTION g() RETURNS void AS $$ BEGIN COMMIT; END $$ LANGUAGE "
                        "plpgsql;\nROLLBACK;",
                        Engine::kPostgresql),
              ElementsAre(HasSubstr("3: ROLLBACK")));
}

TEST(FindObstaclesTest, TakesNothingElseForTheBodyOfAFunction) {
  for (const char* sql : {"CREATE VIEW v AS SELECT begin atomic FROM t; COMMIT; BEGIN",
                          "CREATE FUNCTION f(begin atomic) RETURNS int LANGUAGE sql AS 'SELECT 1'; "
                          "COMMIT; BEGIN",
                          "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT begin FROM t; END; "
                          "COMMIT; BEGIN"})
    EXPECT_EQ(Obstacles(sql, Engine::kPostgresql).size(), 2U) << sql;
  EXPECT_THAT(Obstacles("CREATE OR REPLACE FUNCTION f(a int) RETURNS int BEGIN ATOMIC\n"
                        "SELECT CASE WHEN (a > 1) THEN 1 END; SELECT 2; END; SELECT 1",
                        Engine::kPostgresql),
              IsEmpty());
}

TEST(FindObstaclesTest, FindsWhatSqliteCannotHaveInATransaction) {
  for (const char* sql : {"VACUUM", "ATTACH 'x' AS y", "DETACH y", "PRAGMA foreign_keys = OFF",
                          "PRAGMA journal_mode = WAL", "pragma writable_schema = 1"})
    EXPECT_EQ(Obstacles(sql, Engine::kSqlite).size(), 1U) << sql;
  for (const char* sql : {"PRAGMA user_version = 3", "CREATE TABLE vacuum_log (a)",
                          "SELECT 'VACUUM'", "-- VACUUM\nSELECT 1"})
    EXPECT_THAT(Obstacles(sql, Engine::kSqlite), IsEmpty()) << sql;
  EXPECT_THAT(Obstacles("VACUUM", Engine::kSqlite, {.non_transactional = true}), IsEmpty());
  EXPECT_EQ(Obstacles("ATTACH 'x' AS y", Engine::kSqlite, {.non_transactional = true}).size(), 1U);
}

TEST(FindObstaclesTest, FindsWhatPostgresqlCannotHaveInATransaction) {
  for (const char* sql :
       {"VACUUM t", "CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY i",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "REINDEX DATABASE d", "CREATE DATABASE d",
        "REINDEX TABLE CONCURRENTLY t", "DROP TABLESPACE s", "ALTER SYSTEM SET a = 1", "CLUSTER",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY"}) {
    EXPECT_EQ(Obstacles(sql, Engine::kPostgresql).size(), 1U) << sql;
    EXPECT_THAT(Obstacles(sql, Engine::kPostgresql, {.non_transactional = true}), IsEmpty()) << sql;
  }
  for (const char* sql : {"CREATE INDEX i ON t (a)", "REINDEX TABLE t", "SET search_path = a",
                          "REFRESH MATERIALIZED VIEW CONCURRENTLY v"})
    EXPECT_THAT(Obstacles(sql, Engine::kPostgresql), IsEmpty()) << sql;
}

TEST(FindObstaclesTest, LetsNoTextChangeItsRole) {
  for (const char* sql : {"SET ROLE postgres", "RESET ROLE", "SET LOCAL ROLE x", "RESET ALL",
                          "SET SESSION AUTHORIZATION DEFAULT", "SET SESSION ROLE x",
                          "COPY t FROM STDIN", "COPY t TO PROGRAM 'sh'"})
    EXPECT_EQ(Obstacles(sql, Engine::kPostgresql, {.non_transactional = true}).size(), 1U) << sql;
}

TEST(FindObstaclesTest, TellsWhatHasNoEnd) {
  EXPECT_THAT(Obstacles("SELECT 'a", Engine::kSqlite), ElementsAre(HasSubstr("1: the string")));
}

}  // namespace
}  // namespace ignite::migrations
