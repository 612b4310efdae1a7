#include "agent/boot/grub_environment.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"

namespace ignite::boot {
namespace {

using engine::Slot;
using engine::SlotChoice;
using fakes::FailsWith;
using fakes::Must;

constexpr size_t kBlockBytes = 1024;

std::string Block(std::string text) {
  text = "# GRUB Environment Block\n" + text;
  text.resize(kBlockBytes, '#');
  return text;
}

std::string Written(std::string block, const SlotChoice& choice) {
  GrubWrite write = Must(PlanGrubWrite(block, choice));
  return block.replace(write.offset, write.bytes.size(), write.bytes);
}

std::vector<SlotChoice> AllChoices() {
  std::vector<SlotChoice> all;
  for (Slot good : {Slot::kA, Slot::kB})
    for (int tries = 0; tries <= engine::kMaxTries; ++tries) all.push_back({good, tries});
  return all;
}

TEST(GrubEnvironmentTest, EveryChoiceIsReadAsItWasWritten) {
  for (const SlotChoice& choice : AllChoices()) {
    std::string block = Written(Block(""), choice);
    EXPECT_EQ(block.size(), kBlockBytes);
    EXPECT_EQ(Must(ReadGrubChoice(block)), choice);
  }
}

TEST(GrubEnvironmentTest, AnyChangeIsOneByteSoNothingCanBeTorn) {
  for (const SlotChoice& before : AllChoices()) {
    for (const SlotChoice& after : AllChoices()) {
      std::string block = Written(Block("saved_entry=x\n"), before);
      EXPECT_EQ(Must(PlanGrubWrite(block, after)).bytes.size(), 1u);
      EXPECT_EQ(Must(ReadGrubChoice(Written(block, after))), after);
    }
  }
}

TEST(GrubEnvironmentTest, TheFirstWriteTornAtAnyByteLeavesTheDefaultOrTheNew) {
  // With nothing before it, and behind the beginnings of lines that never ended.
  for (const char* text : {"", "saved_entry=x\n", "x=1\nigni", "x=1\nignite_boot=",
                           "x=1\nignite_boot=1", "x=1\nsome_other_name=with_a_long_value"}) {
    std::string block = Block(text);
    SlotChoice choice = SlotChoice::Trial(Slot::kB, 3);
    GrubWrite write = Must(PlanGrubWrite(block, choice));
    for (size_t torn = 0; torn <= write.bytes.size(); ++torn) {
      std::string left = block;
      left.replace(write.offset, torn, write.bytes.substr(0, torn));
      SlotChoice read = Must(ReadGrubChoice(left));
      ASSERT_TRUE(read == SlotChoice{} || read == choice) << text << " torn at " << torn;
      std::string mended = Written(left, choice);
      ASSERT_EQ(Must(ReadGrubChoice(mended)), choice);
      // GRUB writes nothing where a line has no end.
      ASSERT_EQ(mended[mended.find_last_not_of('#')], '\n') << mended;
    }
  }
}

TEST(GrubEnvironmentTest, VariablesOfOthersStay) {
  const std::string others = "# WARNING: do not edit\nsaved_entry=a\\\nb\nnext_entry=\n";
  std::string block = Written(Block(others), {Slot::kB, 0});
  EXPECT_EQ(block, Block(others + "ignite_boot=b\n"));
  block = Written(Block("ignite_boot=b\n" + others), SlotChoice::Trial(Slot::kA, 2));
  EXPECT_EQ(block, Block("ignite_boot=B\n" + others));
}

TEST(GrubEnvironmentTest, TheVariableIsWhereGrubFindsItAndNowhereElse) {
  for (const char* text : {"#ignite_boot=b\n", "x=y\\\nignite_boot=b\n", "word\nignite_boot=b\n",
                           "my_ignite_boot=b\n", "ignite_boot_=b\n", "ignite_boot=bb\n",
                           "ignite_boot=\n", "ignite_boot=x\n", "ignite_boot=b"}) {
    EXPECT_EQ(Must(ReadGrubChoice(Block(text))), SlotChoice{}) << text;
  }
  EXPECT_EQ(Must(ReadGrubChoice(Block("x=\nignite_boot=b\n"))), (SlotChoice{Slot::kB, 0}));
}

TEST(GrubEnvironmentTest, WhatGrubWouldMisreadIsRefused) {
  SlotChoice choice{Slot::kB, 0};
  EXPECT_THAT(ReadGrubChoice(""), FailsWith(ErrorCode::kCorrupt, "no environment block"));
  EXPECT_THAT(PlanGrubWrite(std::string(kBlockBytes, '\0'), choice),
              FailsWith(ErrorCode::kCorrupt, "no environment block"));
  EXPECT_THAT(PlanGrubWrite(Block("ignite_boot=good\n"), choice),
              FailsWith(ErrorCode::kCorrupt, "not one letter"));
  EXPECT_THAT(ReadGrubChoice(Block("ignite_boot=3\nignite_boot=3\n")),
              FailsWith(ErrorCode::kCorrupt, "twice"));
}

TEST(GrubEnvironmentTest, AFullBlockIsToldAndALastGapIsUsed) {
  constexpr size_t kLine = 14;  // ignite_boot=b and its line end
  for (size_t gap : {size_t{0}, kLine - 1, kLine}) {
    std::string text = "x=" + std::string(kBlockBytes - 25 - 3 - gap, 'v') + "\n";
    auto write = PlanGrubWrite(Block(text), {Slot::kB, 0});
    if (gap < kLine) {
      EXPECT_THAT(write, FailsWith(ErrorCode::kNoSpace));
    } else {
      EXPECT_EQ(Must(ReadGrubChoice(Written(Block(text), {Slot::kB, 0}))),
                (SlotChoice{Slot::kB, 0}));
    }
  }
}

}  // namespace
}  // namespace ignite::boot
