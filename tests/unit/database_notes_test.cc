#include "agent/handlers/database_notes.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::handlers {
namespace {

using fakes::Must;
using migrations::Copy;

constexpr std::string_view kComponent = "data/main";

class DatabaseNotesTest : public testing::Test {
 protected:
  DatabaseNotesTest() { Must(files_->MakeDirectories(notes_.Folder(kComponent), 0755)); }

  fakes::TemporaryDirectory folder_;
  engine::ProbePaths paths_{folder_ / "probe"};
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  DatabaseNotes notes_{*files_, paths_};
};

TEST_F(DatabaseNotesTest, TheLastRehearsalIsKnownAgain) {
  EXPECT_FALSE(notes_.LastRehearsal(kComponent));
  notes_.Write(kComponent, {"1-t1", {Copy::Kind::kWhole, ""}, 10, Clock::Milliseconds(2)});
  notes_.Write(kComponent, {"2-t2", {Copy::Kind::kSchema, "large"}, 4096, Clock::Milliseconds(7)});
  auto last = notes_.LastRehearsal(kComponent);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->release, "2-t2");
  EXPECT_EQ(last->copy.kind, Copy::Kind::kSchema);
  EXPECT_EQ(last->copy.why, "large");
  EXPECT_EQ(last->bytes, 4096U);
  EXPECT_EQ(last->took, Clock::Milliseconds(7));
  EXPECT_FALSE(notes_.LastRehearsal("data/other"));
}

TEST_F(DatabaseNotesTest, DamageIsAsGoodAsAbsence) {
  notes_.Write(kComponent, {"1-t1", {Copy::Kind::kWhole, ""}, 10, Clock::Milliseconds(2)});
  std::string path = notes_.Folder(kComponent) + "/rehearsal.json";
  std::string whole = Must(files_->ReadFile(path, 4096));
  for (size_t length = 0; length < whole.size(); ++length) {
    Must(files_->WriteAtomically(path, AsBytes(whole.substr(0, length)), 0600));
    EXPECT_FALSE(notes_.LastRehearsal(kComponent)) << length;
  }
  std::string unknown = whole;
  unknown.replace(unknown.find("whole"), 5, "other");
  Must(files_->WriteAtomically(path, AsBytes(unknown), 0600));
  EXPECT_FALSE(notes_.LastRehearsal(kComponent));
}

}  // namespace
}  // namespace ignite::handlers
