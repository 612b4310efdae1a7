#include "tests/fakes/memory_vfs.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/sqlite.h"
#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite {
namespace {

using fakes::CallWatch;
using fakes::FailsWith;
using fakes::Fate;
using fakes::MemoryDisk;
using fakes::MemoryVfs;
using fakes::Must;
using fakes::Random;

constexpr const char* kPath = "/numbers.db";

/// Dies at call number `at`, counted from 1, and at every later one.
class DyingWatch : public CallWatch {
 public:
  Fate Next(std::string_view) override {
    ++calls;
    return {at != 0 && calls >= at ? Fate::Kind::kDies : Fate::Kind::kDone, 0, false};
  }
  size_t at = 0;
  size_t calls = 0;
};

class MemoryVfsTest : public testing::Test {
 protected:
  Sqlite Open() {
    Sqlite database = Must(Sqlite::Open(kPath, Sqlite::Mode::kReadWriteCreate));
    Must(database.Execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA"));
    return database;
  }
  void Fill(int64_t value) {
    Sqlite database = Open();
    Must(database.Execute(
        "CREATE TABLE IF NOT EXISTS numbers(place INTEGER PRIMARY KEY, value, ballast)"));
    for (int i = 0; i < 100; ++i)
      Must(database.Execute(
          StrCat("INSERT INTO numbers(value, ballast) VALUES(", value, ", zeroblob(300))")));
  }
  /// Writes all rows anew in one transaction, which a watch may cut off; true where it returned OK.
  bool Change(int64_t value) {
    auto database = Sqlite::Open(kPath, Sqlite::Mode::kReadWriteCreate);
    if (!database) return false;
    std::string all = StrCat("PRAGMA synchronous = EXTRA; BEGIN IMMEDIATE; UPDATE numbers SET ",
                             "value = ", value, "; COMMIT");
    return database->Execute(all).has_value();
  }
  /// The one value of all rows; -1 where they differ, or where the database is damaged.
  int64_t Value() {
    Sqlite database = Open();
    auto check = Must(database.Prepare("PRAGMA integrity_check"));
    Must(check.Step());
    if (check.Text(0) != "ok") return -1;
    auto select = Must(database.Prepare("SELECT min(value), max(value), count(*) FROM numbers"));
    Must(select.Step());
    return select.Integer(0) == select.Integer(1) && select.Integer(2) == 100 ? select.Integer(0)
                                                                              : -1;
  }
  /// Dies at every call of a transaction in turn, and loses power, each with several seeds. Whether
  /// all that is left is the old or the new, and what was acknowledged.
  bool SurvivesEveryCut() {
    int64_t old = 0;
    int64_t next = 1;
    Fill(old);
    for (uint64_t seed = 0; seed < 10; ++seed) {
      bool done = false;
      for (size_t at = 1; !done; ++at, ++next) {
        watch_.calls = 0;
        watch_.at = at;
        done = Change(next);
        watch_.at = 0;
        Random random(seed * 1000 + at);
        disk_.CutPower(MemoryDisk::Cut::kKeepsSome, random);
        int64_t found = Value();
        if (found != next && (done || found != old)) return false;
        old = found;
      }
    }
    return true;
  }

  MemoryDisk disk_;
  DyingWatch watch_;
  MemoryVfs vfs_{disk_, watch_};
};

TEST_F(MemoryVfsTest, ADatabaseLiesOnTheDisk) {
  Fill(7);
  EXPECT_EQ(Value(), 7);
  EXPECT_NE(disk_.Find(kPath, MemoryDisk::Follow::kAll).node, nullptr);
}

TEST_F(MemoryVfsTest, ATransactionIsOldOrNewWhereverItsProcessDiesAndPowerIsCut) {
  EXPECT_TRUE(SurvivesEveryCut());
  EXPECT_GT(watch_.calls, 20u);
}

TEST_F(MemoryVfsTest, AnIgnoredSyncOfAnyKindIsFound) {
  for (auto kind :
       {MemoryVfs::Sync::kDatabase, MemoryVfs::Sync::kJournal, MemoryVfs::Sync::kFolder}) {
    vfs_.ignored = {kind};
    EXPECT_FALSE(SurvivesEveryCut()) << static_cast<int>(kind);
    (void)disk_.Unlink(kPath);
    (void)disk_.Unlink(std::string(kPath) + "-journal");
  }
}

TEST_F(MemoryVfsTest, ASecondWriterWaitsInVain) {
  Fill(1);
  Sqlite first = Open();
  Sqlite second = Open();
  Must(first.Execute("BEGIN IMMEDIATE"));
  EXPECT_THAT(second.Execute("BEGIN IMMEDIATE"), FailsWith(ErrorCode::kBusy));
  Must(first.Execute("COMMIT"));
  Must(second.Execute("BEGIN IMMEDIATE"));
}

}  // namespace
}  // namespace ignite
