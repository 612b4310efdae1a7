// Whose process opens a database, and whose never does.
#include "agent/handlers/database_access.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "tests/fakes/must.h"
#include "tests/fakes/scripted_process.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;
using fakes::Must;
using format::MigrationsSpec;

constexpr uid_t kOwner = 65533;
constexpr uid_t kStranger = 65532;

class DatabaseAccessTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "whoever is not root has no other account";
    spec_.engine = MigrationsSpec::kSqlite;
    spec_.database = "/main.db";
    std::ofstream(folder_ / "main.db") << "rows";
    ASSERT_EQ(chown((folder_ / "main.db").c_str(), kOwner, kOwner), 0);
    folder_.LetOthersThrough();
  }
  Result<DatabasePlace> FindAs(uid_t account) {
    EXPECT_EQ(seteuid(account), 0);
    auto place = access_.Find(spec_);
    EXPECT_EQ(seteuid(0), 0);
    return place;
  }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  fakes::ScriptedProcess process_;
  engine::ProbePaths paths_{folder_.path()};
  DatabaseAccess access_{*files_, process_, paths_};
  MigrationsSpec spec_;
};

TEST_F(DatabaseAccessTest, AFileIsOpenedByItsOwner) {
  EXPECT_EQ(Must(FindAs(0)).uid, kOwner);
  EXPECT_EQ(Must(FindAs(kOwner)).uid, kOwner);
  EXPECT_THAT(FindAs(kStranger),
              FailsWith(ErrorCode::kRefused, "/main.db belongs to another user"));
}

TEST_F(DatabaseAccessTest, NoServerIsAskedByRoot) {
  spec_.engine = MigrationsSpec::kPostgresql;
  spec_.database = "dbname=probe user=nobody";
  EXPECT_NE(Must(FindAs(0)).uid, 0u);
  EXPECT_EQ(Must(FindAs(kStranger)).uid, kStranger);
  spec_.database = "dbname=probe user=root";
  EXPECT_THAT(FindAs(0), FailsWith(ErrorCode::kRefused, "the account root is root's"));
}

}  // namespace
}  // namespace ignite::handlers
