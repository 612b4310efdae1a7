// The rehearsal of a move, on copies that are SQLite files.

#include "migrations/rehearsal.h"

#include <gmock/gmock.h>

#include "base/str_cat.h"
#include "tests/fakes/moves.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::migrations {
namespace {

using fakes::FailsWith;
using fakes::MakeStep;
using fakes::Must;
using fakes::Up;

const char* const kTable = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);";

class RehearsalTest : public testing::Test {
 protected:
  RehearsalTest() {
    Must(database_->Run(Up("", 0, "1-t1", {MakeStep(1, kTable, "DROP TABLE t")})));
  }

  Result<> Try(const Move& move, WayBack back = WayBack::kDowns) {
    return Rehearse(*database_, move, back, [&](const Move& part) -> Result<> {
      directions_ += part.direction == Direction::kUp ? 'u' : 'd';
      if (directions_ == fails_at_) return Error{ErrorCode::kIo, "an injected fault", "none"};
      return database_->Run(directions_ == "udu" && again_ ? *again_ : part);
    });
  }
  static Move Second(std::string up, std::string down) {
    return Up("1-t1", 1, "2-t2", {MakeStep(2, std::move(up), std::move(down))});
  }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<Database> database_ = MakeSqliteDatabase(folder_ / "copy.db");
  std::string directions_;
  std::string fails_at_;       ///< The run that comes then.
  std::optional<Move> again_;  ///< What the second way up is instead.
};

TEST(AddressOfCopyTest, EachFolderHasANameOfItsOwnAndAlwaysTheSame) {
  std::string address = "dbname=main user=probe";
  std::string copy = AddressOfCopy(address, "main", "/a/rehearsal");
  EXPECT_EQ(copy, "dbname=main user=probe dbname=ignite_rehearsal_main_377bfb0dede04fe1");
  EXPECT_NE(copy, AddressOfCopy(address, "main", "/b/rehearsal"));
}

TEST(AddressOfCopyTest, ALongNameIsCutAndItsMarkIsNot) {
  std::string name(63, 'n');
  std::string one = AddressOfCopy("", name, "/a");
  EXPECT_EQ(one.size(), std::string(" dbname=").size() + 63);
  EXPECT_NE(one, AddressOfCopy("", name, "/b"));
}

TEST_F(RehearsalTest, NothingComesAfterARunThatFails) {
  for (const char* last : {"u", "ud", "udu"}) {
    directions_.clear();
    fails_at_ = last;
    EXPECT_THAT(Try(Second("CREATE TABLE u (a)", "DROP TABLE u")), FailsWith(ErrorCode::kIo));
    EXPECT_EQ(directions_, last);
    Must(database_->Run(Reversed(Second("CREATE TABLE u (a)", "DROP TABLE u"))));
  }
}

TEST_F(RehearsalTest, ASecondWayUpThatLeadsElsewhereIsRefused) {
  again_ = Second("CREATE TABLE v (a)", "DROP TABLE v");
  EXPECT_THAT(Try(Second("CREATE TABLE u (a)", "DROP TABLE u")),
              FailsWith(ErrorCode::kRefused, "up, down and up again"));
}

TEST_F(RehearsalTest, AMoveThatLeadsBackStandsAtItsEndAgain) {
  Must(Try(Second("ALTER TABLE t ADD b", "ALTER TABLE t DROP COLUMN b")));
  EXPECT_EQ(directions_, "udu");
  EXPECT_EQ(Must(database_->Read()).version, 2);
}

TEST_F(RehearsalTest, TheFirstMoveOfADatabaseLeadsBackToNone) {
  database_ = MakeSqliteDatabase(folder_ / "new.db");
  Must(database_->Snapshot(folder_ / "new.db"));
  Must(Try(Up("", 0, "1-t1", {MakeStep(1, kTable, "DROP TABLE t")})));
  EXPECT_EQ(directions_, "udu");
}

TEST_F(RehearsalTest, ASnapshotIsNoWayBackThatCouldBeTried) {
  Must(Try(Second("CREATE TABLE u (a)", "SELECT 1"), WayBack::kSnapshot));
  EXPECT_EQ(directions_, "u");
}

TEST_F(RehearsalTest, AWayBackThatLeavesSomethingIsRefused) {
  EXPECT_THAT(Try(Second("CREATE TABLE u (a)", "SELECT 1")),
              FailsWith(ErrorCode::kRefused, "'table u: create table u ( a )' is new"));
}

TEST_F(RehearsalTest, WhatChangedIsShownAsItWasAndAsItIs) {
  EXPECT_THAT(
      Try(Second("ALTER TABLE t ADD b", "SELECT 1")),
      FailsWith(ErrorCode::kRefused,
                "'table t: create table t ( a text , id integer primary key )' became 'table "
                "t: create table t ( a text , b , id integer primary key )'"));
}

TEST_F(RehearsalTest, OfALongLineThePlaceIsShownWhereItChanged) {
  std::string columns;
  for (int i = 100; i < 200; ++i) columns += StrCat("c", i, ", ");
  std::string table = StrCat("CREATE TABLE u (", columns, "d)");
  Must(database_->Run(Up("1-t1", 1, "2-t2", {MakeStep(2, table, "DROP TABLE u")})));
  EXPECT_THAT(Try(Up("2-t2", 2, "3-t3", {MakeStep(3, "ALTER TABLE u ADD c150x", "SELECT 1")})),
              FailsWith(ErrorCode::kRefused, "c149 , c150 , c150x , c151"));
}

TEST_F(RehearsalTest, AColumnThatIsAddedAgainMayBeTheLastOne) {
  Must(database_->Run(Up("1-t1", 1, "2-t2",
                         {MakeStep(2, "CREATE TABLE u (a INT CHECK (a IN (1, 2)), b, c)", "")})));
  Must(Try(Up("2-t2", 2, "3-t3",
              {MakeStep(3, "ALTER TABLE u DROP COLUMN a",
                        "ALTER TABLE u ADD a INT CHECK (a IN (1, 2))")})));
  EXPECT_THAT(Try(Up("3-t3", 3, "4-t4",
                     {MakeStep(4, "ALTER TABLE u DROP COLUMN c",
                               "ALTER TABLE u ADD c CHECK (c IN (2, 1))")})),
              FailsWith(ErrorCode::kRefused, "'table u: "));
}

TEST_F(RehearsalTest, AWayBackThatLosesRowsIsRefused) {
  EXPECT_THAT(Try(Second("INSERT INTO t VALUES (1, 'x')", "SELECT 1")),
              FailsWith(ErrorCode::kRefused, "'t: 0 rows"));
}

TEST_F(RehearsalTest, ASecondWayUpThatEndsElsewhereIsRefused) {
  EXPECT_THAT(Rehearse(*database_, Second("CREATE TABLE u (a)", "DROP TABLE u"), WayBack::kDowns,
                       [&](const Move& part) -> Result<> {
                         Move changed = part;
                         bool is_again = part.direction == Direction::kUp && !directions_.empty();
                         if (is_again) changed.steps[0].up = "CREATE TABLE u (a, b)";
                         directions_ += '.';
                         return database_->Run(changed);
                       }),
              FailsWith(ErrorCode::kRefused, "up, down and up again"));
}

TEST_F(RehearsalTest, WhatFailsIsTold) {
  EXPECT_THAT(Try(Second("CREATE TABLE t (a)", "SELECT 1")),
              FailsWith(ErrorCode::kRefused, "step 2 s2 (up), line 1"));
  EXPECT_EQ(directions_, "u");
}

}  // namespace
}  // namespace ignite::migrations
