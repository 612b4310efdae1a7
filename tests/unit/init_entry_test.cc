#include <gtest/gtest.h>

#include "agent/init/entry.h"
#include "tests/fakes/faulty_file_system.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::init {
namespace {

using engine::ReadSlotFile;
using engine::Slot;
using engine::SlotChoice;
using engine::SlotRecord;
using fakes::Must;

class InitEntryTest : public testing::Test {
 protected:
  void Put(const SlotRecord& record) {
    Must(real_->WriteAtomically(file_, AsBytes(engine::NewSlotFile(record)), 0644));
  }
  std::optional<SlotRecord> Left() {
    return ReadSlotFile(Must(real_->ReadFile(file_, engine::kSlotFileBytes)));
  }

  fakes::TemporaryDirectory folder_;
  std::string file_ = folder_ / "state";
  std::unique_ptr<FileSystem> real_ = MakePosixFileSystem();
  fakes::FaultyFileSystem files_{*real_};
};

TEST_F(InitEntryTest, ANewContainerEntersSlotA) {
  Entry entry = ChooseEntry(files_, file_);
  EXPECT_EQ(entry.slot, Slot::kA);
  EXPECT_FALSE(entry.on_trial);
  EXPECT_EQ(entry.complaint, "");
}

TEST_F(InitEntryTest, ATrialIsCountedAndKeepsItsDeadline) {
  Put({SlotChoice::Trial(Slot::kB, 1), 77});
  Entry entry = ChooseEntry(files_, file_);
  EXPECT_EQ(entry.slot, Slot::kB);
  EXPECT_TRUE(entry.on_trial);
  EXPECT_EQ(entry.deadline_seconds, 77u);
  EXPECT_EQ(Left(), (SlotRecord{{Slot::kA, 0}, 77}));
  entry = ChooseEntry(files_, file_);
  EXPECT_EQ(entry.slot, Slot::kA);
  EXPECT_FALSE(entry.on_trial);
}

TEST_F(InitEntryTest, AnyCallThatFailsLeadsToTheGoodSlotOrToSlotA) {
  for (int call = 1;; ++call) {
    Put({SlotChoice::Trial(Slot::kA, 3), 77});
    files_.plan = fakes::FaultPlan(call, false, ErrorCode::kIo);
    Entry entry = ChooseEntry(files_, file_);
    if (!files_.plan.fired()) {
      EXPECT_EQ(call, 3);
      break;
    }
    EXPECT_FALSE(entry.on_trial);
    EXPECT_NE(entry.complaint, "");
    EXPECT_EQ(entry.slot, call == 1 ? Slot::kA : Slot::kB);
  }
}

TEST_F(InitEntryTest, ADamagedFileIsToldAndSlotAEntered) {
  Must(real_->WriteAtomically(file_, AsBytes("ignite slots 1: write 1, good b"), 0644));
  Entry entry = ChooseEntry(files_, file_);
  EXPECT_EQ(entry.slot, Slot::kA);
  EXPECT_NE(entry.complaint.find("damaged"), std::string::npos);
}

TEST_F(InitEntryTest, AGivenUpTrialIsOverAndNothingElseChanges) {
  Put({SlotChoice::Trial(Slot::kB, 3), 77});
  Must(GiveUpTrial(files_, file_));
  EXPECT_EQ(Left(), (SlotRecord{{Slot::kA, 0}, 77}));
  std::string before = Must(real_->ReadFile(file_, engine::kSlotFileBytes));
  Must(GiveUpTrial(files_, file_));
  EXPECT_EQ(Must(real_->ReadFile(file_, engine::kSlotFileBytes)), before);
}

}  // namespace
}  // namespace ignite::init
