// A transaction that changes the operating system, over every reboot that may lie in it.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include "agent/engine/preview.h"
#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::BundleRecipe;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kSlotBytes = size_t{3} * 1024 * 1024;

enum class Form : uint8_t { kImage, kTree };

class OsCase : public testing::Test {
 protected:
  explicit OsCase(Form form) : form_(form) {
    for (Slot slot : {Slot::kA, Slot::kB}) {
      SlotPlace& place = PlaceOf(slot);
      if (form == Form::kImage) place.device = probe_.Path(StrCat("/slot-", SlotName(slot)));
      if (form == Form::kTree) place.path = StrCat("/slots/", SlotName(slot));
      Must(probe_.real_files->MakeDirectories(ParentOf(SystemIn(slot)), 0755));
      std::string former(kSlotBytes, 'f');
      Must(probe_.real_files->WriteAtomically(SystemIn(slot), AsBytes(former), 0600));
    }
  }
  SlotPlace& PlaceOf(Slot slot) { return probe_.settings.slots[static_cast<size_t>(slot)]; }
  std::string FolderOf(Slot slot) { return probe_.Path(PlaceOf(slot).path); }
  std::string SystemIn(Slot slot) {
    return form_ == Form::kImage ? PlaceOf(slot).device : FolderOf(slot) + "/system";
  }
  std::string Held(Slot slot) {
    return Must(probe_.real_files->ReadFile(SystemIn(slot), 2 * kSlotBytes));
  }

  BundleRecipe Release(int number) {
    BundleRecipe recipe;
    recipe.version = StrCat(number, ".0");
    recipe.counter = static_cast<uint64_t>(number);
    std::string& system = form_ == Form::kImage ? recipe.image : recipe.os_tree;
    system = std::string(kSlotBytes - 1000, static_cast<char>('0' + number));
    system.replace(kSlotBytes / 3, kSlotBytes / 2, std::string(kSlotBytes / 2, '\0'));
    return recipe;
  }
  /// With the operating system as it is.
  BundleRecipe Application(int number) {
    BundleRecipe recipe = Release(number);
    recipe.image.clear();
    recipe.os_tree.clear();
    return recipe;
  }
  Verdict Install(int number) { return Must(probe_.Install(Release(number))); }
  /// The machine boots and recovers, as ignite-recover.service does.
  Verdict Boot() {
    probe_.boot.Start();
    probe_.services.running.clear();
    auto recovered = Must(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
    return recovered ? recovered->verdict : Verdict();
  }
  /// What the kernel tells of a boot: its id, and when the first process began.
  void BeginBoot(std::string_view id, int start) {
    auto tell = [&](std::string_view file, const std::string& text) {
      std::string path = probe_.Path(file);
      Must(probe_.real_files->MakeDirectories(ParentOf(path), 0755));
      Must(probe_.real_files->WriteAtomically(path, AsBytes(text), 0444));
    };
    tell("/proc/sys/kernel/random/boot_id", StrCat(id, "\n"));
    tell("/proc/1/stat",
         StrCat("1 (a ) name) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ", start, " 9 9 9\n"));
  }
  /// What ignited does then.
  Verdict GoOn() {
    auto recovered = Must(probe_.Recover());
    return recovered ? recovered->verdict : Verdict();
  }
  void Commit(int number) {
    ASSERT_EQ(Install(number).state, State::kStaged);
    ASSERT_EQ(Boot().state, State::kTrial);
    ASSERT_EQ(GoOn().state, State::kCommitted);
  }
  std::string Os() {
    auto current = Must(probe_.OpenJournal().Current());
    const ComponentRecord* os = current ? current->Find("os") : nullptr;
    return os == nullptr ? "" : os->version;
  }

  Form form_;
  fakes::FakeProbe probe_;
};

/// What is the same for both forms.
class OsUpdateTest : public OsCase, public testing::WithParamInterface<Form> {
 protected:
  OsUpdateTest() : OsCase(GetParam()) {}
};

INSTANTIATE_TEST_SUITE_P(Forms, OsUpdateTest, testing::Values(Form::kImage, Form::kTree),
                         [](const auto& form) {
                           return form.param == Form::kImage ? "image" : "tree";
                         });

class OsImageTest : public OsCase {
 protected:
  OsImageTest() : OsCase(Form::kImage) {}
};

class OsTreeTest : public OsCase {
 protected:
  OsTreeTest() : OsCase(Form::kTree) {}
  void Write(const std::string& path, std::string_view text) {
    Must(probe_.real_files->WriteAtomically(path, AsBytes(text), 0644));
  }
  std::vector<std::string> Differences() {
    auto record = *Must(probe_.OpenJournal().Current())->Find("os");
    return Must(
        probe_.handlers.Find(record)->FindDifferences(record, Handler::Compare::kEverything));
  }
  /// Refused with this cause, and the slot is as it was.
  void ExpectRefused(std::string_view cause) {
    std::string before = Held(Slot::kA);
    Verdict verdict = Install(1);
    EXPECT_EQ(verdict.state, State::kRefused);
    EXPECT_THAT(verdict.cause, HasSubstr(std::string(cause)));
    EXPECT_FALSE(verdict.remedy.empty());
    EXPECT_EQ(Held(Slot::kA), before);
  }
};

TEST_P(OsUpdateTest, IsReadyInTheOtherSlotAndWaitsForTheReboot) {
  Verdict verdict = Install(1);
  EXPECT_EQ(verdict.state, State::kStaged);
  EXPECT_EQ(verdict.reason, "reboot");
  EXPECT_THAT(verdict.cause, HasSubstr("slot b"));
  EXPECT_EQ(ExitCodeFor(verdict), 8);
  EXPECT_TRUE(Held(Slot::kB).starts_with(Release(1).image + Release(1).os_tree));
  EXPECT_EQ(Held(Slot::kA), std::string(kSlotBytes, 'f'));
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
  EXPECT_EQ(probe_.LiveVersion(), "");
  EXPECT_EQ(probe_.boot.requests, 0);
  EXPECT_EQ(GoOn().state, State::kStaged) << "nothing has changed";
}

TEST_P(OsUpdateTest, TheNewSystemFinishesAndIsKept) {
  Install(1);
  EXPECT_EQ(Boot().state, State::kTrial);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_EQ(probe_.boot.good, Slot::kA) << "not before it is found healthy";
  EXPECT_EQ(GoOn().state, State::kCommitted);
  EXPECT_EQ(probe_.boot.good, Slot::kB);
  EXPECT_EQ(probe_.boot.tries, 0);
  EXPECT_EQ(Os(), "1.0");
  EXPECT_EQ(probe_.boot.requests, 0);
}

TEST_P(OsUpdateTest, AnUndoThatFailsInTheNewSystemGoesOnAtOnceInTheOneFromBefore) {
  Commit(1);
  Install(2);
  Boot();
  probe_.health.failing = {"alive"};
  probe_.services.failing_stops = 1;
  Verdict verdict = GoOn();
  EXPECT_EQ(verdict.state, State::kRollingBack);
  EXPECT_EQ(verdict.reason, "health");
  EXPECT_EQ(probe_.services.failing_stops, 0) << "asked once";
  EXPECT_EQ(probe_.LiveVersion(), "2.0") << "nothing was undone here";
  EXPECT_EQ(Boot().state, State::kRolledBack);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_P(OsUpdateTest, NothingIsPublishedInASystemThatIsLeft) {
  Commit(1);
  Install(2);
  probe_.services.failing_starts = 1;
  EXPECT_EQ(Boot().state, State::kRollingBack);
  EXPECT_THAT(probe_.services.published, IsEmpty());
  EXPECT_EQ(Boot().state, State::kRolledBack);
  EXPECT_THAT(probe_.services.published, testing::SizeIs(1));
}

TEST_P(OsUpdateTest, NothingElseBeginsBeforeTheReboot) {
  Install(1);
  EXPECT_THAT(probe_.Rollback(), fakes::FailsWith(ErrorCode::kBusy, "waits for the reboot"));
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
  EXPECT_TRUE(Held(Slot::kB).starts_with("1"));
}

TEST_P(OsUpdateTest, ASystemThatDoesNotComeUpIsGivenUpByTheLoader) {
  Commit(1);
  Install(2);
  for (int attempt = 0; attempt < 3; ++attempt) probe_.boot.Start();
  EXPECT_EQ(probe_.boot.booted, Slot::kA);
  Verdict verdict = Boot();
  EXPECT_EQ(probe_.boot.booted, Slot::kB);
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "boot");
  EXPECT_EQ(Os(), "1.0");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_THAT(probe_.services.published, testing::SizeIs(1));
  EXPECT_EQ(Must(probe_.Install(Release(2), Origin::kInbox)).reason, "hold");
}

TEST_P(OsUpdateTest, ALoaderThatCannotTellHasHadItsChanceWithTheBoot) {
  Install(1);
  probe_.boot.tells_next = false;
  EXPECT_EQ(GoOn().state, State::kStaged);
  probe_.boot.tries = 0;
  EXPECT_EQ(Boot().reason, "boot");
}

TEST_P(OsUpdateTest, OnlyARealBootIsOneInWhichTheLoaderGivesUp) {
  BeginBoot("first", 7);
  Install(1);
  probe_.boot.tells_next = false;
  auto recover_at_boot = [&] {
    return Must(Engine(probe_.parts()).RecoverAtBoot(probe_.observer))->verdict;
  };
  EXPECT_EQ(recover_at_boot().state, State::kStaged) << "called by hand";
  EXPECT_EQ(recover_at_boot().state, State::kStaged) << "and again";
  BeginBoot("first", 8);
  EXPECT_EQ(GoOn().reason, "boot") << "a container that booted, whoever recovers";
}

TEST_P(OsUpdateTest, ALoaderThatForgetsBeforeTheRebootIsToldAgain) {
  BeginBoot("first", 7);
  Install(1);
  probe_.boot.tries = 0;
  EXPECT_EQ(GoOn().state, State::kStaged);
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
  probe_.boot.tries = 0;
  BeginBoot("second", 7);
  EXPECT_EQ(GoOn().reason, "boot");
}

TEST_P(OsUpdateTest, TheBootThatCountsIsTheOneInWhichTheLoaderWasTold) {
  BeginBoot("first", 7);
  probe_.boot.fault_of_trial = Error{ErrorCode::kIo, "an injected fault", ""};
  probe_.boot.fault_of_leaving = probe_.boot.fault_of_trial;
  EXPECT_FALSE(probe_.Install(Release(1))) << "cut off before it waits";
  probe_.boot = {};
  probe_.boot.tells_next = false;
  BeginBoot("second", 7);
  EXPECT_EQ(GoOn().state, State::kStaged);
  EXPECT_EQ(GoOn().state, State::kStaged) << "the loader had no chance yet";
}

TEST_P(OsUpdateTest, AnUnhealthySystemIsLeftByAReboot) {
  Commit(1);
  Install(2);
  EXPECT_EQ(Boot().state, State::kTrial);
  EXPECT_EQ(probe_.LiveVersion(), "2.0");
  probe_.health.failing = {"alive"};
  Verdict leaving = GoOn();
  EXPECT_EQ(leaving.state, State::kRollingBack);
  EXPECT_EQ(leaving.reason, "health");
  EXPECT_EQ(ExitCodeFor(leaving), 8);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_THAT(probe_.services.running, IsEmpty()) << "not on the wrong system";
  EXPECT_EQ(probe_.boot.requests, 1);
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
  Verdict verdict = Boot();
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "health");
  EXPECT_EQ(Os(), "1.0");
}

TEST_P(OsUpdateTest, UntilTheRebootNothingRunsOnTheSystemThatIsLeft) {
  Commit(1);
  Install(2);
  Boot();
  probe_.health.failing = {"alive"};
  GoOn();
  probe_.boot.good = Slot::kA;  // It comes up once more, whatever the loader was told.
  probe_.services.published.clear();
  EXPECT_EQ(Boot().state, State::kRollingBack);
  EXPECT_THAT(probe_.services.published, IsEmpty());
  EXPECT_EQ(Boot().state, State::kRolledBack);
}

TEST_P(OsUpdateTest, ATrialThatTheLoaderEndsIsTakenBack) {
  Commit(1);
  Install(2);
  EXPECT_EQ(Boot().state, State::kTrial);
  probe_.boot.tries = 0;
  Verdict verdict = Boot();
  EXPECT_EQ(probe_.boot.booted, Slot::kB);
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "boot");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_P(OsUpdateTest, ACancelBeforeTheRebootLeavesEverything) {
  Install(1);
  probe_.observer.stop = StopRequest::kCancel;
  Verdict verdict = GoOn();
  EXPECT_EQ(verdict.state, State::kCancelled);
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kA);
  probe_.observer.stop = StopRequest::kNone;
  EXPECT_EQ(Install(1).state, State::kStaged);
}

TEST_P(OsUpdateTest, ARollbackEntersTheOtherSlotAgain) {
  Commit(1);
  Commit(2);
  EXPECT_EQ(probe_.boot.booted, Slot::kA);
  EXPECT_EQ(Must(probe_.Rollback()).state, State::kStaged);
  EXPECT_EQ(Boot().state, State::kTrial);
  EXPECT_EQ(GoOn().state, State::kCommitted);
  EXPECT_EQ(Os(), "1.0");
  EXPECT_EQ(probe_.boot.booted, Slot::kB);
  EXPECT_EQ(probe_.boot.good, Slot::kB);
  EXPECT_TRUE(Held(Slot::kB).starts_with("1"));
}

TEST_P(OsUpdateTest, TwoSlotsHoldTwoSystems) {
  for (int number = 1; number <= 3; ++number) Commit(number);
  Verdict refused = Must(probe_.Rollback(1));
  EXPECT_EQ(refused.state, State::kRefused);
  EXPECT_THAT(refused.cause, HasSubstr("1.0-t1 of os is gone"));
  EXPECT_EQ(Must(probe_.Rollback(2)).state, State::kStaged);
}

TEST_P(OsUpdateTest, WhatRanBeforeIgniteCanBeReturnedToUntilItsSlotIsWritten) {
  BundleRecipe first = Application(1);
  first.os_tree.clear();
  ASSERT_EQ(Must(probe_.Install(first)).state, State::kCommitted);
  Commit(2);
  EXPECT_EQ(Must(probe_.Rollback()).state, State::kStaged);
  Boot();
  EXPECT_EQ(GoOn().state, State::kCommitted);
  EXPECT_EQ(Os(), "");
  EXPECT_EQ(probe_.boot.booted, Slot::kA);
  Commit(4);
  Commit(5);
  EXPECT_THAT(Must(probe_.Rollback(3)).cause, HasSubstr("before ignite is in neither slot"));
}

TEST_P(OsUpdateTest, TheSlotIsGivenUpBeforeItsFirstByteIsWritten) {
  Commit(1);
  Install(2);
  probe_.observer.stop = StopRequest::kCancel;
  ASSERT_EQ(GoOn().state, State::kCancelled);
  EXPECT_THAT(Must(probe_.Rollback()).cause, HasSubstr("no earlier deployment"));
  probe_.observer.stop = StopRequest::kNone;
  Commit(3);
  probe_.boot.fault = Error{ErrorCode::kIo, "an injected fault", ""};
  std::string before = Held(Slot::kB);
  EXPECT_EQ(Install(4).state, State::kFailed);
  EXPECT_EQ(Held(Slot::kB), before);
}

TEST_P(OsUpdateTest, ASlotIsNotWrittenWhereThatCannotBeNoted) {
  Must(probe_.real_files->MakeDirectories(probe_.Path("/var/lib/ignite/slots.json.tmp/in-the-way"),
                                          0755));
  std::string before = Held(Slot::kB);
  EXPECT_EQ(Install(1).state, State::kFailed);
  EXPECT_EQ(Held(Slot::kB), before);
}

TEST_P(OsUpdateTest, ALoaderThatDoesNotAnswerIsFoundBeforeAnythingIsWritten) {
  probe_.boot.fault_of_next = Error{ErrorCode::kIo, "an injected fault", "mend the loader"};
  Verdict refused = Install(1);
  EXPECT_EQ(refused.reason, "targets");
  EXPECT_EQ(refused.remedy, "mend the loader");
}

TEST_P(OsUpdateTest, NotesThatDoNotKnowWhatRunsAreNotBelieved) {
  Commit(1);
  Commit(2);
  std::string file = probe_.Path("/var/lib/ignite/slots.json");
  Json notes = Must(Json::ParseStored(Must(probe_.real_files->ReadFile(file, 65536))));
  notes.Set("a", "");
  Must(probe_.real_files->WriteAtomically(file, AsBytes(notes.Dump()), 0644));
  EXPECT_THAT(Must(probe_.Rollback()).cause, HasSubstr("not known any more which slot holds what"));
}

/// Changes a byte of the slot once it is read back.
class DamageInReadBack : public fakes::FakeObserver {
 public:
  DamageInReadBack(FileSystem& files, std::string slot) : files_(files), slot_(std::move(slot)) {}
  void OnProgress(const Progress& progress) override {
    if (progress.step.find("back") != std::string::npos)
      Must(files_.Overwrite(slot_, 0, AsBytes("x")));
  }

 private:
  FileSystem& files_;
  std::string slot_;
};

TEST_F(OsImageTest, ASlotThatIsNotAsWrittenIsNotEntered) {
  DamageInReadBack observer(*probe_.real_files, SystemIn(Slot::kB));
  auto bundle = fakes::MakeMemoryFile(fakes::FakeProbe::Bundle(Release(1)));
  Verdict verdict = Must(Engine(probe_.parts()).Install({std::move(bundle), "test"}, observer));
  EXPECT_EQ(verdict.state, State::kFailed);
  EXPECT_THAT(verdict.cause, HasSubstr("returns at byte 0 something else"));
}

TEST_F(OsImageTest, WhatLiesBehindTheImageStays) {
  Install(1);
  EXPECT_EQ(Held(Slot::kB).substr(Release(1).image.size()), std::string(1000, 'f'));
}

TEST_F(OsImageTest, ASlotThatIsTooSmallOrMissingIsRefused) {
  BundleRecipe large = Release(1);
  large.image = std::string(kSlotBytes + 1, 'x');
  EXPECT_THAT(Must(probe_.Install(large)).cause, HasSubstr("the image takes"));
  EXPECT_EQ(Held(Slot::kB), std::string(kSlotBytes, 'f'));
  PlaceOf(Slot::kB).device.clear();
  EXPECT_THAT(Must(probe_.Install(Release(1))).cause, HasSubstr("slot b has none"));
}

TEST_P(OsUpdateTest, ACommitThatTheLoaderDoesNotKeepIsTakenBack) {
  Commit(1);
  Install(2);
  Boot();
  probe_.boot.fault = Error{ErrorCode::kIo, "an injected fault", ""};
  EXPECT_EQ(GoOn().state, State::kStuck);
  probe_.boot.fault.reset();
  EXPECT_EQ(GoOn().state, State::kRollingBack);
  EXPECT_EQ(Boot().state, State::kRolledBack);
  EXPECT_EQ(Os(), "1.0");
  EXPECT_EQ(Must(probe_.Install(Release(2), Origin::kInbox)).reason, "hold");
}

TEST_P(OsUpdateTest, WhyItFailedIsNotLostWhereTheLoaderKeepsItFromBeingTakenBack) {
  Commit(1);
  Install(2);
  Boot();
  probe_.health.failing = {"alive"};
  probe_.boot.fault = Error{ErrorCode::kIo, "an injected fault", "mend the loader"};
  for (int attempt = 0; attempt < 2; ++attempt) {
    Verdict stuck = GoOn();
    EXPECT_EQ(stuck.state, State::kStuck);
    EXPECT_EQ(stuck.reason, "health");
    EXPECT_EQ(stuck.cause,
              "health check 'alive' failed: it is not well; and taking that back failed: "
              "an injected fault");
    EXPECT_THAT(stuck.remedy, testing::StartsWith("mend the loader; then run 'ignite recover'"));
    EXPECT_THAT(stuck.remedy, testing::EndsWith("; afterwards: the release does not work here: "
                                                "send the report to its builder"));
  }
  probe_.boot.fault.reset();
  EXPECT_EQ(GoOn().cause, "health check 'alive' failed: it is not well");
  Verdict verdict = Boot();
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.cause, "health check 'alive' failed: it is not well");
  EXPECT_THAT(verdict.remedy, HasSubstr("its builder"));
}

TEST_P(OsUpdateTest, AJournalThatCannotBeWrittenInTheNewSystemLeavesTheTransactionOpen) {
  Commit(1);
  Install(2);
  probe_.boot.Start();
  Must(probe_.real_files->MakeDirectories(probe_.paths.Journal() + "-journal", 0755));
  EXPECT_FALSE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  Must(probe_.real_files->RemoveTree(probe_.paths.Journal() + "-journal"));
  EXPECT_EQ(GoOn().state, State::kCommitted);
}

TEST_P(OsUpdateTest, ALoaderThatFailsMayHaveBeenToldAllTheSame) {
  Commit(1);
  probe_.boot.fault_of_trial = Error{ErrorCode::kIo, "an injected fault", ""};
  probe_.boot.fault_of_leaving = probe_.boot.fault_of_trial;
  EXPECT_FALSE(probe_.Install(Release(2)));
  probe_.boot.fault_of_trial.reset();
  probe_.boot.fault_of_leaving.reset();
  EXPECT_EQ(Boot().state, State::kTrial) << "it was told";
  EXPECT_EQ(GoOn().state, State::kCommitted);
}

TEST_P(OsUpdateTest, AFaultAtBootIsToldAndNotTakenForAnInterruption) {
  Commit(1);
  Install(2);
  probe_.services.failing_starts = 100;
  probe_.services.failing_stops = 0;
  Verdict leaving = Boot();
  EXPECT_EQ(leaving.state, State::kRollingBack);
  EXPECT_EQ(leaving.reason, "activation");
  probe_.services.failing_starts = 0;
  EXPECT_EQ(Boot().state, State::kRolledBack);
  EXPECT_EQ(Must(probe_.Install(Release(2), Origin::kInbox)).reason, "hold");
}

TEST_P(OsUpdateTest, WithoutNotesWhatWaitsGoesOnAndNothingElseIsBelieved) {
  std::string notes = probe_.Path("/var/lib/ignite/slots.json");
  Commit(1);
  Install(2);
  Must(probe_.real_files->WriteAtomically(notes, AsBytes("{\"a\":"), 0644));
  EXPECT_EQ(Boot().state, State::kTrial);
  EXPECT_EQ(GoOn().state, State::kCommitted);
  EXPECT_EQ(Must(probe_.Rollback()).state, State::kRefused);
  Must(probe_.real_files->RemoveFile(notes));
  EXPECT_EQ(Must(probe_.Rollback()).state, State::kRefused);
  EXPECT_EQ(Install(3).state, State::kStaged);
}

TEST_F(OsImageTest, TheRunningSlotIsNotWrittenWhereBothNameOneDevice) {
  probe_.settings.slots[1].device = probe_.settings.slots[0].device;
  EXPECT_THAT(Must(probe_.Install(Release(1))).cause, HasSubstr("both slots have the device"));
  EXPECT_EQ(Held(Slot::kA), std::string(kSlotBytes, 'f'));
}

/// Somebody chose the other slot by hand.
TEST_P(OsUpdateTest, NothingOfTheProductRunsOrBeginsOnTheWrongSystem) {
  Commit(1);
  Commit(2);
  probe_.boot.booted = Slot::kB;
  probe_.services.published.clear();
  EXPECT_THAT(Engine(probe_.parts()).RecoverAtBoot(probe_.observer),
              fakes::FailsWith(ErrorCode::kRefused, "slot b runs, and not slot a"));
  EXPECT_THAT(probe_.services.published, IsEmpty());
  BundleRecipe application = Application(3);
  Verdict refused = Must(probe_.Install(application));
  EXPECT_EQ(refused.reason, "system");
  EXPECT_THAT(refused.remedy, HasSubstr("the next boot enters slot a"));
  EXPECT_THAT(refused.remedy, HasSubstr("'ignite rollback --to 1'"));
  EXPECT_EQ(Must(probe_.Install(Release(3), Origin::kInbox)).reason, "system");
  EXPECT_TRUE(Held(Slot::kA).starts_with("2"));
  probe_.boot.Start();
  EXPECT_TRUE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  EXPECT_THAT(probe_.services.published, testing::SizeIs(1));
  EXPECT_EQ(Must(probe_.Install(application)).state, State::kCommitted);
}

TEST_P(OsUpdateTest, ALoaderThatForgotIsToldAtBootWhichSystemIsRight) {
  Commit(1);
  probe_.boot.good = Slot::kA;
  probe_.boot.Start();
  EXPECT_FALSE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
}

TEST_P(OsUpdateTest, ARollbackToWhatRunsLeadsOutOfTheWrongSystem) {
  Commit(1);
  Commit(2);
  BundleRecipe application = Application(3);
  ASSERT_EQ(Must(probe_.Install(application)).state, State::kCommitted);
  probe_.boot.booted = Slot::kB;
  EXPECT_EQ(Must(probe_.Rollback(2)).reason, "system") << "its system is that of slot a, too";
  EXPECT_EQ(Must(probe_.Rollback(1)).state, State::kCommitted);
  EXPECT_EQ(probe_.boot.good, Slot::kB);
  EXPECT_EQ(Os(), "1.0");
  EXPECT_TRUE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
}

TEST_P(OsUpdateTest, AnEngineerMayPutANewSystemInThePlaceOfOneThatDoesNotComeUp) {
  Commit(1);
  Commit(2);
  probe_.boot.booted = Slot::kB;
  EXPECT_EQ(Install(3).state, State::kStaged);
  EXPECT_EQ(Boot().state, State::kTrial);
  EXPECT_EQ(GoOn().state, State::kCommitted);
  EXPECT_EQ(probe_.boot.booted, Slot::kA);
}

TEST_P(OsUpdateTest, WhereNoDeploymentOfWhatRunsIsKeptAnInstallIsTheWayOut) {
  probe_.settings.keep_deployments = 2;
  Commit(1);
  Commit(2);
  for (int number : {3, 4}) {
    BundleRecipe application = Application(number);
    ASSERT_EQ(Must(probe_.Install(application)).state, State::kCommitted);
  }
  probe_.boot.booted = Slot::kB;
  EXPECT_THAT(Must(probe_.Rollback()).remedy, HasSubstr("'ignite install' a bundle that brings"));
  EXPECT_EQ(Install(5).state, State::kStaged);
}

TEST_P(OsUpdateTest, ASystemThatWasRolledBackIsTheWrongOneToo) {
  BundleRecipe first = Application(1);
  ASSERT_EQ(Must(probe_.Install(first)).state, State::kCommitted);
  EXPECT_TRUE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  Commit(2);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kStaged);
  Boot();
  ASSERT_EQ(GoOn().state, State::kCommitted);
  probe_.boot.booted = Slot::kB;
  EXPECT_FALSE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
}

TEST_P(OsUpdateTest, AnInterruptedTrialIsNotJudgedOnTheWrongSystem) {
  Commit(1);
  BundleRecipe application = Application(2);
  probe_.observer.stop = StopRequest::kSuspend;
  probe_.observer.calls = 0;
  probe_.observer.stop_after = 4;
  ASSERT_EQ(Must(probe_.Install(application)).state, State::kTrial);
  probe_.observer.stop = StopRequest::kNone;
  probe_.boot.booted = Slot::kA;
  EXPECT_FALSE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  EXPECT_FALSE(probe_.Recover());
  probe_.boot.Start();
  EXPECT_EQ(Boot().state, State::kTrial);
  EXPECT_EQ(GoOn().state, State::kCommitted);
}

TEST_P(OsUpdateTest, RebootsByItselfWherePolicySaysSo) {
  probe_.settings.reboot = RebootPolicy::kAtOnce;
  EXPECT_THAT(Install(1).remedy, HasSubstr("by itself now"));
  EXPECT_EQ(probe_.boot.requests, 1);
}

TEST_P(OsUpdateTest, RebootsByItselfInTheWindow) {
  setenv("TZ", "UTC", 1);
  probe_.settings.reboot = RebootPolicy::kInWindow;
  // The fake clock begins at 08:00 UTC.
  probe_.settings.window = MaintenanceWindow::Parse("09:00-10:00");
  EXPECT_THAT(Install(1).remedy, HasSubstr("in the maintenance window 09:00-10:00"));
  EXPECT_EQ(probe_.boot.requests, 0);
  probe_.clock.Sleep(std::chrono::minutes(70));
  EXPECT_EQ(GoOn().state, State::kStaged);
  EXPECT_EQ(probe_.boot.requests, 1);
}

TEST_F(OsTreeTest, WhatTheSlotHadGoesAndItsFolderStays) {
  std::string outside = probe_.Path("/outside");
  Write(outside, "kept");
  Must(probe_.real_files->MakeDirectories(FolderOf(Slot::kB) + "/a/b", 0755));
  Must(probe_.real_files->ReplaceSymlink(FolderOf(Slot::kB) + "/a/b/link", ParentOf(outside)));
  Must(probe_.real_files->ReplaceSymlink(FolderOf(Slot::kB) + "/run", ParentOf(outside)));
  auto before = Must(probe_.real_files->Inspect(FolderOf(Slot::kB)));
  ASSERT_EQ(Install(1).state, State::kStaged);
  EXPECT_THAT(Must(probe_.real_files->List(FolderOf(Slot::kB))), ElementsAre("run", "system"));
  EXPECT_EQ(Must(probe_.real_files->Inspect(FolderOf(Slot::kB)))->inode, before->inode);
  EXPECT_EQ(Must(probe_.real_files->ReadFile(outside, 10)), "kept");
  EXPECT_EQ(Must(probe_.real_files->Inspect(SystemIn(Slot::kB)))->mode, 04755u);
}

TEST_F(OsTreeTest, ASlotThatIsNoFolderIsRefused) {
  std::string folder = FolderOf(Slot::kB);
  PlaceOf(Slot::kB).path = "/slots/none";
  ExpectRefused("/slots/none is not there");
  PlaceOf(Slot::kB).path = "/slots/b/system";
  ExpectRefused("/slots/b/system is no folder");
  Must(probe_.real_files->ReplaceSymlink(probe_.Path("/slots/link"), "b"));
  PlaceOf(Slot::kB).path = "/slots/link";
  ExpectRefused("/slots/link is no folder");
  PlaceOf(Slot::kB).path.clear();
  ExpectRefused("the tree needs a folder, and slot b has none");
  EXPECT_EQ(Must(probe_.real_files->ReadFile(folder + "/system", 2 * kSlotBytes)),
            std::string(kSlotBytes, 'f'));
}

TEST_F(OsTreeTest, KnowsTheStreamsAndTheSpecOfItsTree) {
  format::TreeSpec spec;
  spec.entries = 1;
  const format::PayloadInfo tree{"os", "tree", "os", "1.0", spec.ToJson(), {{100, {}}, {100, {}}}};
  const Handler& handler = *probe_.handlers.Find("tree", "os");
  Must(handler.CheckPayload(tree));
  format::PayloadInfo changed = tree;
  changed.streams.pop_back();
  EXPECT_THAT(handler.CheckPayload(changed), fakes::FailsWith(ErrorCode::kCorrupt, "streams"));
  changed = tree;
  changed.spec.Set("path", "/");
  EXPECT_THAT(handler.CheckPayload(changed), fakes::FailsWith(ErrorCode::kCorrupt, "unknown"));
}

TEST_F(OsTreeTest, TheRunningSlotIsNotWrittenWhereBothNameOneFolder) {
  PlaceOf(Slot::kB).path = PlaceOf(Slot::kA).path;
  ExpectRefused("both slots have the folder");
}

TEST_F(OsTreeTest, ASlotAroundTheRunningOneIsRefused) {
  PlaceOf(Slot::kB).path = "/slots";
  ExpectRefused("it is or holds " + FolderOf(Slot::kA));
}

TEST_F(OsTreeTest, ASlotWithinTheRunningOneIsRefused) {
  Must(probe_.real_files->MakeDirectories(FolderOf(Slot::kA) + "/deep/b", 0755));
  PlaceOf(Slot::kB).path = "/slots/a/deep/b";
  ExpectRefused("the slot that runs");
}

TEST_F(OsTreeTest, ASlotThatIsTheRunningRootIsRefused) {
  PlaceOf(Slot::kA).path = "/slots/elsewhere";
  PlaceOf(Slot::kB).path = "/.";
  Must(probe_.real_files->MakeDirectories(FolderOf(Slot::kA), 0755));
  Verdict verdict = Install(1);
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_THAT(verdict.cause, HasSubstr("it is or holds "));
}

TEST_F(OsTreeTest, ASlotWithWhatIgniteKeepsIsRefused) {
  PlaceOf(Slot::kB).path = "/var/lib";
  Must(probe_.real_files->MakeDirectories(probe_.paths.State(), 0755));
  ExpectRefused("it is or holds " + probe_.paths.State());
}

TEST_F(OsTreeTest, ASlotThatAnApplicationLivesInIsRefused) {
  BundleRecipe recipe = Release(1);
  recipe.path = "/slots/b/opt/web";
  Verdict verdict = Must(probe_.Install(recipe));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_THAT(verdict.cause, HasSubstr("/slots/b of os"));
  EXPECT_EQ(Held(Slot::kB), std::string(kSlotBytes, 'f'));
}

TEST_F(OsTreeTest, ASlotWithAMountIsRefused) {
  std::string inside = FolderOf(Slot::kB) + "/proc";
  Must(probe_.real_files->MakeDirectories(inside, 0755));
  // Of the same file system, so that its device tells nothing.
  std::string source = probe_.Path("/outside");
  Must(probe_.real_files->MakeDirectories(source, 0755));
  Write(source + "/kept", "kept");
  if (mount(source.c_str(), inside.c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "mounting needs root";
  std::string before = Held(Slot::kB);
  Verdict verdict = Install(1);
  ASSERT_EQ(umount2(inside.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_THAT(verdict.cause, HasSubstr("something is mounted at " + inside));
  EXPECT_EQ(Held(Slot::kB), before);
  EXPECT_EQ(Must(probe_.real_files->ReadFile(source + "/kept", 10)), "kept");
}

TEST_F(OsTreeTest, TheSlotsOldContentCountsAsRoom) {
  std::string shared = FolderOf(Slot::kB) + "/shared";
  std::string twice = FolderOf(Slot::kB) + "/twice";
  std::string text(1000 * 4096, 'x');
  Write(shared, text);
  ASSERT_EQ(link(shared.c_str(), probe_.Path("/outside").c_str()), 0);
  Write(twice, text);
  ASSERT_EQ(link(twice.c_str(), (twice + "-more").c_str()), 0);
  ComponentRecord record{"os", "tree", "1.0", "1.0-t1", Json::EmptyObject()};
  format::TreeSpec spec;
  spec.entries = 9;
  spec.bytes = 2000 * 4096 + kSlotBytes;
  record.spec = spec.ToJson();
  const Handler& handler = *probe_.handlers.Find(record);
  auto needs = Must(handler.SpaceNeeds({std::nullopt, record}));
  ASSERT_EQ(needs.size(), 2u);
  EXPECT_EQ(needs[0].path, FolderOf(Slot::kB));
  // The file with a name elsewhere stays, that with two names here counts once.
  EXPECT_EQ(needs[0].bytes, 1000u * 4096);
  EXPECT_EQ(needs[0].inodes, 7u);
  EXPECT_GT(needs[1].bytes, 0u);
  spec.bytes = 1;
  record.spec = spec.ToJson();
  EXPECT_EQ(Must(handler.SpaceNeeds({std::nullopt, record}))[0].bytes, 0u);
}

TEST_F(OsTreeTest, VerifyComparesTheSlotWithItsTable) {
  Commit(1);
  EXPECT_THAT(Differences(), IsEmpty());
  ASSERT_EQ(truncate(SystemIn(Slot::kB).c_str(), 0), 0);
  Write(FolderOf(Slot::kB) + "/more", "");
  EXPECT_THAT(Differences(),
              testing::IsSupersetOf({testing::StartsWith("system: has other content"),
                                     testing::StartsWith("more: is not in")}));
  probe_.boot.booted = Slot::kA;
  EXPECT_THAT(Differences(), testing::Contains(HasSubstr("slot a runs, and not slot b")));
  EXPECT_THAT(Differences(), testing::Contains(testing::StartsWith("system: has other content")));

  auto record = *Must(probe_.OpenJournal().Current())->Find("os");
  Must(probe_.real_files->RemoveFile(
      ProbePaths(probe_.Path("")).Table(record.component, record.release)));
  EXPECT_THAT(Differences(), testing::Contains(testing::EndsWith("is missing")));
}

TEST_F(OsTreeTest, WhatIsDamagedIsMendedByTheSameBundle) {
  Commit(1);
  EXPECT_TRUE(Install(1).already_running);
  ASSERT_EQ(truncate(SystemIn(Slot::kB).c_str(), 0), 0);
  EXPECT_EQ(Install(1).state, State::kStaged);
}

TEST_F(OsTreeTest, ASlotThatLacksFilesIsNotReturnedTo) {
  Commit(1);
  Commit(2);
  Must(probe_.real_files->RemoveFile(SystemIn(Slot::kB)));
  EXPECT_THAT(Must(probe_.Rollback()).cause, HasSubstr("lacks files"));
}

TEST_F(OsTreeTest, ASlotWithoutItsTableIsNotReturnedTo) {
  Commit(1);
  auto record = *Must(probe_.OpenJournal().Current())->Find("os");
  const Handler& handler = *probe_.handlers.Find(record);
  EXPECT_TRUE(Must(handler.HasRelease(record)));
  Must(probe_.real_files->RemoveFile(probe_.paths.Table(record.component, record.release)));
  EXPECT_FALSE(Must(handler.HasRelease(record)));
}

TEST_P(OsUpdateTest, WithoutSlotsNothingIsHeldOrPromised) {
  Commit(1);
  auto record = *Must(probe_.OpenJournal().Current())->Find("os");
  const Handler& handler = *probe_.handlers.Find(record);
  probe_.boot.fault_of_booted = Error{ErrorCode::kUnsupported, "it has no slots", "none"};
  EXPECT_FALSE(Must(handler.HasRelease(record)));
  EXPECT_FALSE(handler.FormTaken());
  EXPECT_THAT(Must(handler.StagingSteps({std::nullopt, record})), IsEmpty());
  EXPECT_THAT(Must(handler.ActivationSteps({std::nullopt, record})), IsEmpty());
}

TEST_F(OsTreeTest, AFullDiskAnywhereLeavesTheRunningSlotAlone) {
  Commit(1);
  for (int call = 1;; call += 3) {
    probe_.files.plan = fakes::FaultPlan(call, false, ErrorCode::kNoSpace);
    auto verdict = probe_.Install(Release(2));
    bool fired = probe_.files.plan.fired();
    probe_.files.plan = {};
    if (!fired) {
      EXPECT_GT(call, 40);
      EXPECT_EQ(Must(std::move(verdict)).state, State::kStaged);
      break;
    }
    probe_.observer.stop = StopRequest::kCancel;
    (void)GoOn();
    probe_.observer.stop = StopRequest::kNone;
    EXPECT_FALSE(Must(probe_.OpenJournal().Unfinished())) << call;
    EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB) << call;
    EXPECT_EQ(Os(), "1.0") << call;
    EXPECT_THAT(Differences(), IsEmpty()) << call;
  }
}

/// One bundle for both kinds of probes.
class OsFormsTest : public OsCase, public testing::WithParamInterface<std::tuple<Form, bool>> {
 protected:
  OsFormsTest() : OsCase(std::get<0>(GetParam())) {}
  BundleRecipe Both(int number) {
    BundleRecipe recipe = Release(number);
    std::string system = recipe.image + recipe.os_tree;
    recipe.image = recipe.os_tree = system;
    recipe.os_tree_first = std::get<1>(GetParam());
    return recipe;
  }
};

INSTANTIATE_TEST_SUITE_P(Orders, OsFormsTest,
                         testing::Combine(testing::Values(Form::kImage, Form::kTree),
                                          testing::Bool()));

TEST_P(OsFormsTest, TheProbeTakesTheFormOfItsSlots) {
  Preview preview = Must(PreviewInstall(
      probe_.parts(), {fakes::MakeMemoryFile(fakes::FakeProbe::Bundle(Both(1))), "b.ignite"}));
  EXPECT_THAT(
      preview.steps,
      testing::Contains(form_ == Form::kImage ? "unpack os 1.0 as an image, for slot b is a device"
                                              : "unpack os 1.0 as a tree, for slot b is a folder"));
  ASSERT_EQ(Must(probe_.Install(Both(1))).state, State::kStaged);
  EXPECT_TRUE(Held(Slot::kB).starts_with(Both(1).image));
  ASSERT_EQ(Boot().state, State::kTrial);
  ASSERT_EQ(GoOn().state, State::kCommitted);
  auto current = Must(probe_.OpenJournal().Current());
  EXPECT_EQ(current->components.size(), 2u);
  EXPECT_EQ(current->Find("os")->type, form_ == Form::kImage ? "image" : "tree");
  EXPECT_TRUE(Must(probe_.Install(Both(1))).already_running);
}

TEST_P(OsFormsTest, TheFormThatIsLeftOutIsVerifiedAllTheSame) {
  Bytes bundle = fakes::FakeProbe::Bundle(Both(1));
  // The stored bytes of the last payload end in front of the two blocks that end the file.
  bundle[bundle.size() - 1024 - 512] ^= std::byte{1};
  EXPECT_EQ(Must(probe_.InstallBytes(bundle)).reason, "damaged");
}

TEST_P(OsFormsTest, AProbeWithoutSlotsRefuses) {
  probe_.settings.slots = {};
  Verdict verdict = Must(probe_.Install(Both(1)));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_THAT(verdict.cause, HasSubstr("and slot b has none"));
}

TEST_F(OsTreeTest, AProbeWithFoldersRefusesAnImage) {
  BundleRecipe recipe = Release(1);
  recipe.image.swap(recipe.os_tree);
  Verdict verdict = Must(probe_.Install(recipe));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_THAT(verdict.cause, HasSubstr("the image needs a device, and slot b has none"));
  EXPECT_EQ(Held(Slot::kB), std::string(kSlotBytes, 'f'));
}

TEST_F(OsImageTest, AProbeWithDevicesRefusesATree) {
  BundleRecipe recipe = Release(1);
  recipe.image.swap(recipe.os_tree);
  Verdict verdict = Must(probe_.Install(recipe));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_THAT(verdict.cause, HasSubstr("the tree needs a folder, and slot b has none"));
  EXPECT_EQ(Held(Slot::kB), std::string(kSlotBytes, 'f'));
}

}  // namespace
}  // namespace ignite::engine
