// What the real GRUB does with systemd/grub.d/10_ignite, beside the contract of the conformance
// suite: that it and we read the same bytes alike, and what it does where something is wrong.

#include <gtest/gtest.h>

#include <fstream>

#include "agent/boot/grub_environment.h"
#include "tests/fakes/grub_program.h"
#include "tests/fakes/must.h"

namespace ignite::boot {
namespace {

using engine::Slot;
using engine::SlotChoice;
using fakes::MakeGrubBlock;
using fakes::Must;
using testing::HasSubstr;
using testing::Not;

class GrubMenuTest : public testing::Test {
 protected:
  std::string Written(std::string block, const SlotChoice& choice) {
    GrubWrite write = Must(PlanGrubWrite(block, choice));
    return block.replace(write.offset, write.bytes.size(), write.bytes);
  }
  /// GRUB enters the slot that we expect of a block, and leaves behind what we expect.
  void ExpectAgreement(const std::string& block) {
    SlotChoice choice = Must(ReadGrubChoice(block));
    fakes::GrubBoot boot = grub_.Boot(block);
    EXPECT_THAT(boot.command_line,
                HasSubstr("ignite.slot=" + std::string(engine::SlotName(choice.Next()))))
        << block << boot.screen;
    EXPECT_EQ(Must(ReadGrubChoice(boot.block)), choice.AfterBoot()) << block << boot.screen;
  }

  fakes::GrubProgram grub_;
};

TEST_F(GrubMenuTest, GrubAndWeAgreeOnEveryChoice) {
  for (Slot good : {Slot::kA, Slot::kB}) {
    for (int tries = 0; tries <= engine::kMaxTries; ++tries)
      ExpectAgreement(Written(MakeGrubBlock("x=1\n"), {good, tries}));
  }
}

TEST_F(GrubMenuTest, GrubAndWeAgreeOnAFirstWriteTornAtAnyByte) {
  std::string block = MakeGrubBlock("x=1\n");
  GrubWrite write = Must(PlanGrubWrite(block, SlotChoice::Trial(Slot::kB, 3)));
  for (size_t torn = 0; torn <= write.bytes.size(); ++torn) {
    std::string left = block;
    left.replace(write.offset, torn, write.bytes.substr(0, torn));
    ExpectAgreement(left);
  }
}

TEST_F(GrubMenuTest, GrubAndWeAgreeOnOddBlocks) {
  for (const char* lines :
       {"", "#ignite_boot=b\n", "x=y\\\nignite_boot=b\n", "word\nignite_boot=b\n",
        "my_ignite_boot=b\n", "ignite_boot=bb\n", "ignite_boot=\n", "ignite_boot=x\n",
        "ignite_boot=b", "ignite_boot=0\n", "x=\nignite_boot=b\n", "ignite_boot=2\ny=1\n"}) {
    ExpectAgreement(MakeGrubBlock(lines));
  }
}

TEST_F(GrubMenuTest, TheCountIsOneByteAndOtherVariablesStay) {
  std::string before = Written(MakeGrubBlock("saved_entry=x\n"), SlotChoice::Trial(Slot::kB, 3));
  std::string after = grub_.Boot(before).block;
  ASSERT_EQ(after.size(), before.size());
  int changed = 0;
  for (size_t i = 0; i < before.size(); ++i) changed += before[i] != after[i] ? 1 : 0;
  EXPECT_EQ(changed, 1);
}

TEST_F(GrubMenuTest, TheKernelIsToldItsRootItsSlotAndWhatTheSettingsSay) {
  fakes::GrubBoot boot = grub_.Boot(Written(MakeGrubBlock(""), {Slot::kB, 0}));
  EXPECT_EQ(boot.partition, "hd0,gpt4");
  EXPECT_EQ(boot.command_line,
            "/vmlinuz root=PARTLABEL=rootfs-b ro ignite.slot=b panic=10 console=ttyS0 ");
  boot = grub_.Boot(MakeGrubBlock(""));
  EXPECT_EQ(boot.partition, "hd0,gpt3");
  EXPECT_THAT(boot.command_line, HasSubstr("root=PARTLABEL=rootfs-a ro ignite.slot=a"));
}

TEST_F(GrubMenuTest, TheKernelIsToldOfATrialAndOfNothingElse) {
  for (Slot good : {Slot::kA, Slot::kB}) {
    for (int tries : {0, 1, 3}) {
      fakes::GrubBoot boot = grub_.Boot(Written(MakeGrubBlock(""), {good, tries}));
      if (tries > 0) {
        EXPECT_THAT(boot.command_line, HasSubstr(" ignite.trial panic=10")) << boot.screen;
      } else {
        EXPECT_THAT(boot.command_line, Not(HasSubstr("ignite.trial"))) << boot.screen;
      }
    }
  }
}

TEST_F(GrubMenuTest, ATrialThatCannotBeCountedIsNotEntered) {
  // A line that was cut off: GRUB reads what is before it, and writes nothing.
  std::string block = MakeGrubBlock("ignite_boot=3\nx=");
  fakes::GrubBoot boot = grub_.Boot(block);
  EXPECT_THAT(boot.command_line, HasSubstr("ignite.slot=a")) << boot.screen;
  EXPECT_EQ(boot.block, block);
  // Nor where the good slot cannot be loaded: each of its boots would end at the deadline.
  boot = grub_.Boot(block, "a");
  EXPECT_THAT(boot.command_line, HasSubstr("ignite.slot=b")) << boot.screen;
  EXPECT_THAT(boot.command_line, Not(HasSubstr("ignite.trial"))) << boot.screen;
}

TEST_F(GrubMenuTest, ASlotWhoseKernelCannotBeLoadedIsLeftForTheOther) {
  fakes::GrubBoot boot =
      grub_.Boot(Written(MakeGrubBlock(""), SlotChoice::Trial(Slot::kB, 2)), "b");
  EXPECT_THAT(boot.command_line, HasSubstr("ignite.slot=a")) << boot.screen;
  EXPECT_THAT(boot.command_line, Not(HasSubstr("ignite.trial"))) << boot.screen;
  EXPECT_EQ(Must(ReadGrubChoice(boot.block)), SlotChoice::Trial(Slot::kB, 1));
  boot = grub_.Boot(MakeGrubBlock(""), "a");
  EXPECT_THAT(boot.command_line, HasSubstr("ignite.slot=b")) << boot.screen;
}

TEST_F(GrubMenuTest, WhatIsNoBlockBootsSlotA) {
  for (const std::string& block : {std::string(), std::string(1024, '\0')}) {
    EXPECT_THAT(grub_.Boot(block).command_line, HasSubstr("ignite.slot=a"));
  }
}

TEST_F(GrubMenuTest, GrubsOwnToolsReadTheMenuAndTheBlock) {
  fakes::TemporaryDirectory folder;
  auto process = MakeSystemProcess();
  std::ofstream(folder / "menu") << grub_.menu();
  Command check{.arguments = {"grub-script-check", folder / "menu"}};
  Must(CheckOutcome(check, Must(process->Run(check))));
  std::ofstream(folder / "grubenv")
      << Written(MakeGrubBlock("x=1\n"), SlotChoice::Trial(Slot::kA, 2));
  Command list{.arguments = {"grub-editenv", folder / "grubenv", "list"}};
  EXPECT_EQ(Must(process->Run(list)).output, "x=1\nignite_boot=B\n");
}

TEST_F(GrubMenuTest, TheScriptSaysNothingWhereNoSlotsAreNamed) {
  fakes::TemporaryDirectory folder;
  Command command{.arguments = {IGNITE_SOURCE_DIR "/systemd/grub.d/10_ignite"}};
  command.environment = {"sysconfdir=" + folder.path()};
  Outcome outcome = Must(MakeSystemProcess()->Run(command));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "");
}

}  // namespace
}  // namespace ignite::boot
