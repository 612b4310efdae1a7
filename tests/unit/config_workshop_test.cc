#include "agent/handlers/config_workshop.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/fakes/must.h"
#include "tests/fakes/scripted_process.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;
using testing::HasSubstr;

class ConfigWorkshopTest : public testing::Test {
 protected:
  ConfigWorkshopTest() {
    std::filesystem::create_directories(paths_.Host("/etc/ignite"));
    std::ofstream(paths_.Settings()) << "[probe]\nproduct = netprobe\ncompatible = box\n";
  }
  Result<> Make() {
    return workshop_.Make(
        {record_, "", {"/programs/generate", "/programs/check"}, release_, [](const std::string&) {
           return true;
         }});
  }

  fakes::TemporaryDirectory folder_;
  engine::ProbePaths paths_{folder_.path()};
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  fakes::ScriptedProcess process_;
  std::vector<format::PrivateKey> identities_;
  ConfigWorkshop workshop_{*files_, process_, paths_, identities_};
  engine::ComponentRecord record_{"config/probe", "config", "1", "1-t1"};
  std::string release_ = folder_ / "release";
};

TEST_F(ConfigWorkshopTest, EachProgramHasAMinuteAndNeitherNetworkNorOtherFiles) {
  EXPECT_TRUE(Make());
  ASSERT_EQ(process_.commands.size(), 2u);
  for (const Command& command : process_.commands) {
    EXPECT_EQ(command.timeout, std::chrono::seconds(60));
    ASSERT_TRUE(command.confinement);
    EXPECT_FALSE(command.confinement->network);
    EXPECT_EQ(command.confinement->writable.value().size(), 2u);
  }
  EXPECT_TRUE(std::filesystem::is_directory(release_));
}

TEST_F(ConfigWorkshopTest, AProgramThatHangsIsARefusalAndLeavesNoRelease) {
  process_.answer = Outcome{137, "waiting", true};
  auto made = Make();
  EXPECT_THAT(made, FailsWith(ErrorCode::kRefused, "'/programs/generate"));
  EXPECT_THAT(made.error().cause, HasSubstr("did not end within 60 s; it said: waiting"));
  EXPECT_THAT(made.error().remedy, HasSubstr("must end within 60 s"));
  EXPECT_EQ(process_.commands.size(), 1u) << "the next one does not run";
  EXPECT_FALSE(std::filesystem::exists(release_));
}

TEST_F(ConfigWorkshopTest, AProgramThatFailsIsARefusalAndOneThatCannotRunIsNot) {
  process_.answer = Outcome{3, "no way", false};
  EXPECT_THAT(Make(), FailsWith(ErrorCode::kRefused, "ended with exit code 3"));
  process_.answer = Error{ErrorCode::kNotFound, "starting generate: No such file", ""};
  EXPECT_THAT(Make(), FailsWith(ErrorCode::kRefused, "lacks what its first line names"));
  process_.answer = Error{ErrorCode::kIo, "no namespaces", "allow them"};
  EXPECT_THAT(Make(), FailsWith(ErrorCode::kIo, "no namespaces"));
}

}  // namespace
}  // namespace ignite::handlers
