// A transaction that changes the operating system, over every reboot that may lie in it.
#include <gmock/gmock.h>

#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::BundleRecipe;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kSlotBytes = size_t{3} * 1024 * 1024;

class OsUpdateTest : public testing::Test {
 protected:
  OsUpdateTest() {
    for (Slot slot : {Slot::kA, Slot::kB}) {
      probe_.settings.slots[static_cast<size_t>(slot)].device = DeviceOf(slot);
      std::string former(kSlotBytes, 'f');
      Must(probe_.real_files->WriteAtomically(DeviceOf(slot), AsBytes(former), 0600));
    }
  }
  std::string DeviceOf(Slot slot) { return probe_.folder / StrCat("slot-", SlotName(slot)); }
  std::string Held(Slot slot) {
    return Must(probe_.real_files->ReadFile(DeviceOf(slot), 2 * kSlotBytes));
  }

  BundleRecipe Release(int number) {
    BundleRecipe recipe;
    recipe.version = StrCat(number, ".0");
    recipe.counter = static_cast<uint64_t>(number);
    recipe.image = std::string(kSlotBytes - 1000, static_cast<char>('0' + number));
    recipe.image.replace(kSlotBytes / 3, kSlotBytes / 2, std::string(kSlotBytes / 2, '\0'));
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

  fakes::FakeProbe probe_;
};

TEST_F(OsUpdateTest, IsReadyInTheOtherSlotAndWaitsForTheReboot) {
  Verdict verdict = Install(1);
  EXPECT_EQ(verdict.state, State::kStaged);
  EXPECT_EQ(verdict.reason, "reboot");
  EXPECT_THAT(verdict.cause, HasSubstr("slot b"));
  EXPECT_EQ(ExitCodeFor(verdict), 8);
  std::string image = Release(1).image;
  EXPECT_TRUE(Held(Slot::kB).starts_with(image));
  EXPECT_EQ(Held(Slot::kB).substr(image.size()), std::string(1000, 'f'));
  EXPECT_EQ(Held(Slot::kA), std::string(kSlotBytes, 'f'));
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
  EXPECT_EQ(probe_.LiveVersion(), "");
  EXPECT_EQ(probe_.boot.requests, 0);
  EXPECT_EQ(GoOn().state, State::kStaged) << "nothing has changed";
}

TEST_F(OsUpdateTest, TheNewSystemFinishesAndIsKept) {
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

TEST_F(OsUpdateTest, NothingElseBeginsBeforeTheReboot) {
  Install(1);
  EXPECT_THAT(probe_.Rollback(), fakes::FailsWith(ErrorCode::kBusy, "waits for the reboot"));
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
  EXPECT_TRUE(Held(Slot::kB).starts_with("1"));
}

TEST_F(OsUpdateTest, ASystemThatDoesNotComeUpIsGivenUpByTheLoader) {
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

TEST_F(OsUpdateTest, ALoaderThatCannotTellHasHadItsChanceWithTheBoot) {
  Install(1);
  probe_.boot.tells_next = false;
  EXPECT_EQ(GoOn().state, State::kStaged);
  probe_.boot.tries = 0;
  EXPECT_EQ(Boot().reason, "boot");
}

TEST_F(OsUpdateTest, OnlyARealBootIsOneInWhichTheLoaderGivesUp) {
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

TEST_F(OsUpdateTest, ALoaderThatForgetsBeforeTheRebootIsToldAgain) {
  BeginBoot("first", 7);
  Install(1);
  probe_.boot.tries = 0;
  EXPECT_EQ(GoOn().state, State::kStaged);
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
  probe_.boot.tries = 0;
  BeginBoot("second", 7);
  EXPECT_EQ(GoOn().reason, "boot");
}

TEST_F(OsUpdateTest, TheBootThatCountsIsTheOneInWhichTheLoaderWasTold) {
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

TEST_F(OsUpdateTest, AnUnhealthySystemIsLeftByAReboot) {
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

TEST_F(OsUpdateTest, UntilTheRebootNothingRunsOnTheSystemThatIsLeft) {
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

TEST_F(OsUpdateTest, ATrialThatTheLoaderEndsIsTakenBack) {
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

TEST_F(OsUpdateTest, ACancelBeforeTheRebootLeavesEverything) {
  Install(1);
  probe_.observer.stop = StopRequest::kCancel;
  Verdict verdict = GoOn();
  EXPECT_EQ(verdict.state, State::kCancelled);
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kA);
  probe_.observer.stop = StopRequest::kNone;
  EXPECT_EQ(Install(1).state, State::kStaged);
}

TEST_F(OsUpdateTest, ARollbackEntersTheOtherSlotAgain) {
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

TEST_F(OsUpdateTest, TwoSlotsHoldTwoSystems) {
  for (int number = 1; number <= 3; ++number) Commit(number);
  Verdict refused = Must(probe_.Rollback(1));
  EXPECT_EQ(refused.state, State::kRefused);
  EXPECT_THAT(refused.cause, HasSubstr("1.0-t1 of os is gone"));
  EXPECT_EQ(Must(probe_.Rollback(2)).state, State::kStaged);
}

TEST_F(OsUpdateTest, WhatRanBeforeIgniteCanBeReturnedToUntilItsSlotIsWritten) {
  BundleRecipe first = Release(1);
  first.image.clear();
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

TEST_F(OsUpdateTest, TheSlotIsGivenUpBeforeItsFirstByteIsWritten) {
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

TEST_F(OsUpdateTest, ASlotThatIsTooSmallOrMissingIsRefused) {
  BundleRecipe large = Release(1);
  large.image = std::string(kSlotBytes + 1, 'x');
  EXPECT_THAT(Must(probe_.Install(large)).cause, HasSubstr("the image takes"));
  probe_.settings.slots[1].device.clear();
  EXPECT_THAT(Must(probe_.Install(Release(1))).cause, HasSubstr("slot b has none"));
  EXPECT_EQ(Held(Slot::kB), std::string(kSlotBytes, 'f'));
}

TEST_F(OsUpdateTest, ACommitThatTheLoaderDoesNotKeepIsTakenBack) {
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

TEST_F(OsUpdateTest, WhyItFailedIsNotLostWhereTheLoaderKeepsItFromBeingTakenBack) {
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

TEST_F(OsUpdateTest, AJournalThatCannotBeWrittenInTheNewSystemLeavesTheTransactionOpen) {
  Commit(1);
  Install(2);
  probe_.boot.Start();
  Must(probe_.real_files->MakeDirectories(probe_.paths.Journal() + "-journal", 0755));
  EXPECT_FALSE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  Must(probe_.real_files->RemoveTree(probe_.paths.Journal() + "-journal"));
  EXPECT_EQ(GoOn().state, State::kCommitted);
}

TEST_F(OsUpdateTest, ALoaderThatFailsMayHaveBeenToldAllTheSame) {
  Commit(1);
  probe_.boot.fault_of_trial = Error{ErrorCode::kIo, "an injected fault", ""};
  probe_.boot.fault_of_leaving = probe_.boot.fault_of_trial;
  EXPECT_FALSE(probe_.Install(Release(2)));
  probe_.boot.fault_of_trial.reset();
  probe_.boot.fault_of_leaving.reset();
  EXPECT_EQ(Boot().state, State::kTrial) << "it was told";
  EXPECT_EQ(GoOn().state, State::kCommitted);
}

TEST_F(OsUpdateTest, AFaultAtBootIsToldAndNotTakenForAnInterruption) {
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

TEST_F(OsUpdateTest, WithoutNotesWhatWaitsGoesOnAndNothingElseIsBelieved) {
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

TEST_F(OsUpdateTest, TheRunningSlotIsNotWrittenWhereBothNameOneDevice) {
  probe_.settings.slots[1].device = probe_.settings.slots[0].device;
  EXPECT_THAT(Must(probe_.Install(Release(1))).cause, HasSubstr("both slots have the device"));
  EXPECT_EQ(Held(Slot::kA), std::string(kSlotBytes, 'f'));
}

/// Somebody chose the other slot by hand.
TEST_F(OsUpdateTest, NothingOfTheProductRunsOrBeginsOnTheWrongSystem) {
  Commit(1);
  Commit(2);
  probe_.boot.booted = Slot::kB;
  probe_.services.published.clear();
  EXPECT_THAT(Engine(probe_.parts()).RecoverAtBoot(probe_.observer),
              fakes::FailsWith(ErrorCode::kRefused, "slot b runs, and not slot a"));
  EXPECT_THAT(probe_.services.published, IsEmpty());
  BundleRecipe application = Release(3);
  application.image.clear();
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

TEST_F(OsUpdateTest, ALoaderThatForgotIsToldAtBootWhichSystemIsRight) {
  Commit(1);
  probe_.boot.good = Slot::kA;
  probe_.boot.Start();
  EXPECT_FALSE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  EXPECT_EQ(*Must(probe_.boot.Next()), Slot::kB);
}

TEST_F(OsUpdateTest, ARollbackToWhatRunsLeadsOutOfTheWrongSystem) {
  Commit(1);
  Commit(2);
  BundleRecipe application = Release(3);
  application.image.clear();
  ASSERT_EQ(Must(probe_.Install(application)).state, State::kCommitted);
  probe_.boot.booted = Slot::kB;
  EXPECT_EQ(Must(probe_.Rollback(2)).reason, "system") << "its system is that of slot a, too";
  EXPECT_EQ(Must(probe_.Rollback(1)).state, State::kCommitted);
  EXPECT_EQ(probe_.boot.good, Slot::kB);
  EXPECT_EQ(Os(), "1.0");
  EXPECT_TRUE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
}

TEST_F(OsUpdateTest, AnEngineerMayPutANewSystemInThePlaceOfOneThatDoesNotComeUp) {
  Commit(1);
  Commit(2);
  probe_.boot.booted = Slot::kB;
  EXPECT_EQ(Install(3).state, State::kStaged);
  EXPECT_EQ(Boot().state, State::kTrial);
  EXPECT_EQ(GoOn().state, State::kCommitted);
  EXPECT_EQ(probe_.boot.booted, Slot::kA);
}

TEST_F(OsUpdateTest, WhereNoDeploymentOfWhatRunsIsKeptAnInstallIsTheWayOut) {
  probe_.settings.keep_deployments = 2;
  Commit(1);
  Commit(2);
  for (int number : {3, 4}) {
    BundleRecipe application = Release(number);
    application.image.clear();
    ASSERT_EQ(Must(probe_.Install(application)).state, State::kCommitted);
  }
  probe_.boot.booted = Slot::kB;
  EXPECT_THAT(Must(probe_.Rollback()).remedy, HasSubstr("'ignite install' a bundle that brings"));
  EXPECT_EQ(Install(5).state, State::kStaged);
}

TEST_F(OsUpdateTest, ASystemThatWasRolledBackIsTheWrongOneToo) {
  BundleRecipe first = Release(1);
  first.image.clear();
  ASSERT_EQ(Must(probe_.Install(first)).state, State::kCommitted);
  EXPECT_TRUE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  Commit(2);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kStaged);
  Boot();
  ASSERT_EQ(GoOn().state, State::kCommitted);
  probe_.boot.booted = Slot::kB;
  EXPECT_FALSE(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
}

TEST_F(OsUpdateTest, AnInterruptedTrialIsNotJudgedOnTheWrongSystem) {
  Commit(1);
  BundleRecipe application = Release(2);
  application.image.clear();
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

TEST_F(OsUpdateTest, RebootsByItselfWherePolicySaysSo) {
  probe_.settings.reboot = RebootPolicy::kAtOnce;
  EXPECT_THAT(Install(1).remedy, HasSubstr("by itself now"));
  EXPECT_EQ(probe_.boot.requests, 1);
}

TEST_F(OsUpdateTest, RebootsByItselfInTheWindow) {
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

}  // namespace
}  // namespace ignite::engine
