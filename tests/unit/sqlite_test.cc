#include "base/sqlite.h"

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;

class SqliteTest : public testing::Test {
 protected:
  fakes::TemporaryDirectory folder_;
  std::string path_ = folder_ / "test.db";
};

TEST_F(SqliteTest, KeepsWhatWasBound) {
  Sqlite database = Must(Sqlite::Open(path_, Sqlite::Mode::kReadWriteCreate));
  Must(database.Execute("CREATE TABLE t (n INTEGER, s TEXT, z TEXT)"));
  SqliteStatement insert = Must(database.Prepare("INSERT INTO t VALUES (?, ?, ?)"));
  Must(insert.Bind(INT64_MAX)
           .Bind(std::string_view("a\0b'; DROP TABLE t; --", 22))
           .BindNull()
           .Run());
  EXPECT_EQ(database.LastInsertId(), 1);

  SqliteStatement select = Must(database.Prepare("SELECT n, s, z FROM t"));
  ASSERT_TRUE(Must(select.Step()));
  EXPECT_EQ(select.Integer(0), INT64_MAX);
  EXPECT_EQ(select.Text(1), std::string("a\0b'; DROP TABLE t; --", 22));
  EXPECT_TRUE(select.IsNull(2));
  EXPECT_EQ(select.Text(2), "");
  EXPECT_FALSE(Must(select.Step()));
}

TEST_F(SqliteTest, AnEmptyTextIsNotNull) {
  Sqlite database = Must(Sqlite::Open(path_, Sqlite::Mode::kReadWriteCreate));
  SqliteStatement select = Must(database.Prepare("SELECT ?"));
  ASSERT_TRUE(Must(select.Bind(std::string_view()).Step()));
  EXPECT_FALSE(select.IsNull(0));
}

TEST_F(SqliteTest, OneValueTooManyIsAnError) {
  Sqlite database = Must(Sqlite::Open(path_, Sqlite::Mode::kReadWriteCreate));
  SqliteStatement select = Must(database.Prepare("SELECT ?"));
  EXPECT_THAT(select.Bind(1).Bind(2).Step(), FailsWith(ErrorCode::kIo, "binding"));
}

TEST_F(SqliteTest, AReadOnlyDatabaseMustExistAndTakesNoWrites) {
  EXPECT_THAT(Sqlite::Open(path_, Sqlite::Mode::kReadOnly), FailsWith(ErrorCode::kNotFound));
  Must(Must(Sqlite::Open(path_, Sqlite::Mode::kReadWriteCreate)).Execute("CREATE TABLE t (n)"));
  Sqlite database = Must(Sqlite::Open(path_, Sqlite::Mode::kReadOnly));
  EXPECT_THAT(database.Execute("INSERT INTO t VALUES (1)"), FailsWith(ErrorCode::kIo));
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsAFaultOfTheMachine) {
  Must(MakePosixFileSystem()->WriteAtomically(path_, AsBytes(std::string(5000, 'x')), 0644));
  for (auto mode : {Sqlite::Mode::kReadOnly, Sqlite::Mode::kReadWriteCreate}) {
    EXPECT_THAT(Sqlite::Open(path_, mode),
                FailsWith(ErrorCode::kIo,
                          StrCat("opening the database ", path_, ": file is not a database")));
  }
}

TEST_F(SqliteTest, WrongSqlIsAnError) {
  Sqlite database = Must(Sqlite::Open(path_, Sqlite::Mode::kReadWriteCreate));
  EXPECT_THAT(database.Execute("SELEKT"), FailsWith(ErrorCode::kIo, "syntax error"));
  EXPECT_THAT(database.Prepare("SELECT * FROM none"), FailsWith(ErrorCode::kIo, "no such table"));
}

TEST_F(SqliteTest, TheSchemaCannotBeOverwrittenByHand) {
  Sqlite database = Must(Sqlite::Open(path_, Sqlite::Mode::kReadWriteCreate));
  Must(database.Execute("CREATE TABLE t (n); PRAGMA writable_schema = ON"));
  EXPECT_FALSE(database.Execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE t (m)'"));
}

}  // namespace
}  // namespace ignite
