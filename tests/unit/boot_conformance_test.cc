// Every boot back end, with the loader's own half, against the contract of agent/engine/boot.h.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>

#include "agent/boot/boot.h"
#include "agent/engine/slot_file.h"
#include "agent/init/entry.h"
#include "tests/fakes/grub_program.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::boot {
namespace {

using engine::BootBackend;
using engine::Slot;
using fakes::FailsWith;
using fakes::Must;

/// A probe below a folder with a loader that can be let to boot it.
class Loader {
 public:
  virtual ~Loader() = default;

  engine::Boot& boot() { return *boot_; }
  /// One more boot: the slot that it entered.
  virtual Slot Reboot() = 0;
  /// From now on it can keep nothing.
  virtual void Break() = 0;

 protected:
  /// Makes the back end once the probe is as its loader has it.
  void UseBackEnd(engine::Settings settings) {
    boot_ = MakeBoot(settings, paths_, *files_, *process_);
  }
  void Put(const std::string& path, std::string_view text, mode_t mode = 0644) {
    Must(files_->MakeDirectories(ParentOf(paths_.Host(path)), 0755));
    Must(files_->WriteAtomically(paths_.Host(path), AsBytes(text), mode));
  }

  fakes::TemporaryDirectory folder_;
  engine::ProbePaths paths_{folder_.path()};
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  std::unique_ptr<Process> process_ = MakeSystemProcess();

 private:
  std::unique_ptr<engine::Boot> boot_;
};

/// A boot program and, as its verb `boot`, the loader that it speaks for.
constexpr std::string_view kProgram = R"sh(#!/bin/sh
set -e
cd "$IGNITE_ROOT"
other() { if [ "$1" = a ]; then echo b; else echo a; fi; }
keep() { echo "$2" >"$1.new"; sync "$1.new"; mv "$1.new" "$1"; }
case $1 in
booted) cat slot ;;
set-trial) keep choice "$(other "$2") $3" ;;
mark-good) keep choice "$2 0" ;;
mark-bad) keep choice "$(other "$2") 0" ;;
boot)
  read -r good tries <choice
  if [ "$tries" -gt 0 ]; then
    keep choice "$good $((tries - 1))"
    keep slot "$(other "$good")"
  else
    keep slot "$good"
  fi ;;
*) exit 2 ;;
esac
)sh";

class CommandLoader : public Loader {
 public:
  CommandLoader() {
    Put("/program", kProgram, 0755);
    Put("/choice", "a 0\n");
    engine::Settings settings;
    settings.boot = BootBackend::kCommand;
    settings.boot_command = paths_.Host("/program");
    UseBackEnd(settings);
  }

  Slot Reboot() override {
    Command command;
    command.arguments = {paths_.Host("/program"), "boot"};
    command.environment = {"IGNITE_ROOT=" + paths_.Root()};
    Must(CheckOutcome(command, Must(process_->Run(command))));
    return Must(boot().Booted());
  }
  void Break() override { Put("/program", "#!/bin/sh\nexit 3\n", 0755); }
};

/// ignite-init's own choice. That it enters what it chose: tests/e2e/init_test.py.
class ContainerLoader : public Loader {
 public:
  ContainerLoader() {
    Must(files_->MakeDirectories(paths_.Host(engine::kSlotsFolder), 0755));
    engine::Settings settings;
    settings.boot = BootBackend::kContainer;
    UseBackEnd(settings);
  }

  Slot Reboot() override {
    init::Entry entry = init::ChooseEntry(*files_, paths_.Host(engine::kSlotFile));
    EXPECT_EQ(entry.complaint, "");
    Put(std::string(engine::kEnteredSlot), std::string(engine::SlotName(entry.slot)) + "\n");
    return entry.slot;
  }
  void Break() override { Must(files_->RemoveTree(paths_.Host(engine::kSlotsFolder))); }
};

/// The real GRUB, as a program, with the menu of systemd/grub.d/10_ignite.
class GrubLoader : public Loader {
 public:
  GrubLoader() {
    Put("/grubenv", fakes::MakeGrubBlock("saved_entry=x\n"));
    engine::Settings settings;
    settings.boot = BootBackend::kGrub;
    settings.grubenv = "/grubenv";
    UseBackEnd(settings);
  }

  Slot Reboot() override {
    std::string block = Must(files_->ReadFile(paths_.Host("/grubenv"), 2000));
    fakes::GrubBoot booted = grub_.Boot(block);
    Put("/grubenv", booted.block);
    Put("/proc/cmdline", booted.command_line);
    return Must(boot().Booted());
  }
  void Break() override { Must(files_->RemoveFile(paths_.Host("/grubenv"))); }

 private:
  fakes::GrubProgram grub_;
};

template <class OneLoader>
std::unique_ptr<Loader> Make() {
  return std::make_unique<OneLoader>();
}

using MakeLoader = std::unique_ptr<Loader> (*)();

struct BackEnd {
  const char* name;
  MakeLoader make;
};

class BootConformanceTest : public testing::TestWithParam<BackEnd> {
 protected:
  std::unique_ptr<Loader> loader_ = GetParam().make();
  engine::Boot& boot_ = loader_->boot();

  /// The slots of so many boots in a row.
  std::string Boots(int count) {
    std::string slots;
    for (int i = 0; i < count; ++i) {
      auto next = Must(boot_.Next());
      Slot slot = loader_->Reboot();
      EXPECT_EQ(Must(boot_.Booted()), slot);
      if (next) {
        EXPECT_EQ(*next, slot);
      }
      slots += engine::SlotName(slot);
    }
    return slots;
  }
};

TEST_P(BootConformanceTest, ANewProbeBootsSlotA) { EXPECT_EQ(Boots(3), "aaa"); }

TEST_P(BootConformanceTest, ATrialIsCountedAndEndsByItself) {
  for (int tries : {engine::kMinTries, 3, engine::kMaxTries}) {
    Must(boot_.SetTrial(Slot::kB, tries));
    EXPECT_EQ(Boots(tries + 2), std::string(static_cast<size_t>(tries), 'b') + "aa");
  }
}

TEST_P(BootConformanceTest, ATrialLeadsBothWays) {
  Must(boot_.MarkGood(Slot::kB));
  EXPECT_EQ(Boots(2), "bb");
  for (int tries : {engine::kMinTries, 3, engine::kMaxTries}) {
    Must(boot_.SetTrial(Slot::kA, tries));
    EXPECT_EQ(Boots(tries + 2), std::string(static_cast<size_t>(tries), 'a') + "bb");
  }
}

TEST_P(BootConformanceTest, MarkGoodEndsTheTrialForGood) {
  Must(boot_.SetTrial(Slot::kB, 2));
  EXPECT_EQ(Boots(1), "b");
  Must(boot_.MarkGood(Slot::kB));
  EXPECT_EQ(Boots(4), "bbbb");
}

TEST_P(BootConformanceTest, MarkBadEndsTheTrialForGood) {
  Must(boot_.SetTrial(Slot::kB, 3));
  EXPECT_EQ(Boots(1), "b");
  Must(boot_.MarkBad(Slot::kB));
  EXPECT_EQ(Boots(3), "aaa");
}

TEST_P(BootConformanceTest, ASlotThatWasGoodCanBeMarkedBad) {
  Must(boot_.MarkBad(Slot::kA));
  EXPECT_EQ(Boots(2), "bb");
}

TEST_P(BootConformanceTest, ATrialCanBeTakenBackBeforeTheReboot) {
  Must(boot_.SetTrial(Slot::kB, 3));
  Must(boot_.MarkBad(Slot::kB));
  EXPECT_EQ(Boots(2), "aa");
}

TEST_P(BootConformanceTest, EveryVerbCanBeCalledAgain) {
  for (int i = 0; i < 2; ++i) Must(boot_.SetTrial(Slot::kB, 2));
  EXPECT_EQ(Boots(3), "bba");
  for (int i = 0; i < 2; ++i) Must(boot_.MarkGood(Slot::kB));
  EXPECT_EQ(Boots(1), "b");
  for (int i = 0; i < 2; ++i) Must(boot_.MarkBad(Slot::kB));
  EXPECT_EQ(Boots(1), "a");
}

TEST_P(BootConformanceTest, ATrialSetAgainHasAllItsTries) {
  Must(boot_.SetTrial(Slot::kB, 2));
  EXPECT_EQ(Boots(1), "b");
  Must(boot_.SetTrial(Slot::kB, 2));
  EXPECT_EQ(Boots(3), "bba");
}

TEST_P(BootConformanceTest, TriesOutOfTheirRangeChangeNothing) {
  for (int tries : {-1, 0, engine::kMaxTries + 1, 1000}) {
    EXPECT_THAT(boot_.SetTrial(Slot::kB, tries), FailsWith(ErrorCode::kInvalidArgument));
  }
  EXPECT_EQ(Boots(1), "a");
}

TEST_P(BootConformanceTest, WhatTheLoaderCannotKeepIsNotTakenForKept) {
  EXPECT_EQ(Boots(1), "a");
  loader_->Break();
  EXPECT_FALSE(boot_.SetTrial(Slot::kB, 2));
  EXPECT_FALSE(boot_.MarkGood(Slot::kB));
  EXPECT_FALSE(boot_.MarkBad(Slot::kA));
}

INSTANTIATE_TEST_SUITE_P(BackEnds, BootConformanceTest,
                         testing::Values(BackEnd{"Grub", Make<GrubLoader>},
                                         BackEnd{"Container", Make<ContainerLoader>},
                                         BackEnd{"Command", Make<CommandLoader>}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ignite::boot
