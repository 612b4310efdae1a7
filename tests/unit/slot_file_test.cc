#include "agent/engine/slot_file.h"

#include <gtest/gtest.h>

namespace ignite::engine {
namespace {

const SlotRecord kGoodA{{Slot::kA, 0}, 1800};
const SlotRecord kTrialB{SlotChoice::Trial(Slot::kB, 3), 1800};
const SlotRecord kCounted{SlotChoice::Trial(Slot::kB, 2), 1800};
const SlotRecord kGoodB{{Slot::kB, 0}, 60};

void Apply(std::string& file, const SlotWrite& write) {
  file.replace(write.offset, write.bytes.size(), write.bytes);
}

TEST(SlotFileTest, HoldsWhatWasWrittenLast) {
  std::string file = NewSlotFile(kGoodA);
  EXPECT_EQ(file.size(), kSlotFileBytes);
  EXPECT_EQ(ReadSlotFile(file), kGoodA);
  for (const SlotRecord& record : {kTrialB, kCounted, kCounted, kGoodB, kGoodA}) {
    Apply(file, NextSlotWrite(file, record));
    EXPECT_EQ(file.size(), kSlotFileBytes);
    EXPECT_EQ(ReadSlotFile(file), record);
  }
}

TEST(SlotFileTest, IsTextForWhoLooksAtIt) {
  EXPECT_EQ(NewSlotFile(kTrialB).substr(0, 59),
            "ignite slots 1: write 1, good a, tries 3, deadline 1800 s, ");
}

TEST(SlotFileTest, AWriteThatIsTornAtAnyByteLeavesOldOrNew) {
  std::string before = NewSlotFile(kGoodA);
  Apply(before, NextSlotWrite(before, kTrialB));
  for (const SlotRecord& record : {kCounted, kGoodB}) {
    SlotWrite write = NextSlotWrite(before, record);
    int news = 0;
    for (size_t torn = 0; torn <= write.bytes.size(); ++torn) {
      for (bool is_head : {true, false}) {  // Its first or its last bytes reached the disk.
        SlotWrite part{write.offset + (is_head ? 0 : torn),
                       is_head ? write.bytes.substr(0, torn) : write.bytes.substr(torn)};
        std::string file = before;
        Apply(file, part);
        auto read = ReadSlotFile(file);
        ASSERT_TRUE(read == kTrialB || read == record) << "torn at " << torn;
        news += read == record ? 1 : 0;
        // And the next write is found whatever this one left.
        Apply(file, NextSlotWrite(file, kGoodA));
        ASSERT_EQ(ReadSlotFile(file), kGoodA);
      }
    }
    EXPECT_GT(news, 0);
  }
}

TEST(SlotFileTest, ADamagedCopyIsNotBelieved) {
  std::string file = NewSlotFile(kTrialB);
  size_t line = file.find('\n') + 1;
  for (size_t place = 0; place < line; ++place) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = file;
      damaged[place] = static_cast<char>(damaged[place] ^ (1 << bit));
      ASSERT_EQ(ReadSlotFile(damaged), std::nullopt) << place;
    }
  }
  EXPECT_EQ(ReadSlotFile(""), std::nullopt);
  for (size_t size = 0; size < kSlotCopyBytes; ++size)
    ASSERT_EQ(ReadSlotFile(file.substr(0, size)), std::nullopt);
}

TEST(SlotFileTest, AShortFileStillHasItsWholeCopy) {
  std::string file = NewSlotFile(kTrialB);
  EXPECT_EQ(ReadSlotFile(file.substr(0, kSlotCopyBytes)), kTrialB);
  EXPECT_EQ(ReadSlotFile(file.substr(0, kSlotCopyBytes + 7)), kTrialB);
}

}  // namespace
}  // namespace ignite::engine
