#include "agent/engine/engine.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/engine/cancellation.h"
#include "agent/engine/deployment_store.h"
#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::BundleRecipe;
using fakes::FakeProbe;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;

BundleRecipe Release(int number) {
  BundleRecipe recipe;
  recipe.version = StrCat(number, ".0");
  recipe.counter = static_cast<uint64_t>(number);
  return recipe;
}

class EngineTest : public testing::Test {
 protected:
  State Install(const BundleRecipe& recipe) { return Must(probe_.Install(recipe)).state; }
  void Commit(int number) { ASSERT_EQ(Install(Release(number)), State::kCommitted); }
  /// The refusal's reason, with the causes of all failed checks.
  Verdict Refusal(const BundleRecipe& recipe) {
    Verdict verdict = Must(probe_.Install(recipe));
    EXPECT_EQ(verdict.state, State::kRefused);
    return verdict;
  }

  FakeProbe probe_;
};

TEST_F(EngineTest, TheFirstReleaseBecomesDeploymentOne) {
  Verdict verdict = Must(probe_.Install(Release(1)));
  EXPECT_EQ(verdict.state, State::kCommitted);
  EXPECT_EQ(verdict.deployment, 1);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_THAT(probe_.services.running, ElementsAre("web.service"));
}

TEST_F(EngineTest, LinksLeadThroughTheSwitchAndAreRelative) {
  Commit(1);
  std::array<char, 256> target{};
  ASSERT_GT(readlink(probe_.Path("/etc/web.conf").c_str(), target.data(), target.size() - 1), 0);
  EXPECT_STREQ(target.data(), "../opt/web/current/version.txt");
  ASSERT_GT(readlink(probe_.paths.Active().c_str(), target.data(), target.size() - 1), 0);
  EXPECT_STREQ(std::string(target.data(), 13).c_str(), "deployments/1");
}

TEST_F(EngineTest, ALinkThatTheNewReleaseLacksGoesAndComesBackWithARollback) {
  Commit(1);
  BundleRecipe second = Release(2);
  second.with_link = false;
  ASSERT_EQ(Install(second), State::kCommitted);
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.Path("/etc/web.conf"))));
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_TRUE(Must(probe_.real_files->Inspect(probe_.Path("/etc/web.conf"))));
}

TEST_F(EngineTest, UnitsAreStoppedBeforeTheSwitchAndStartedAfterIt) {
  Commit(1);
  probe_.services.log.clear();
  Commit(2);
  EXPECT_THAT(probe_.services.log, ElementsAre("stop web.service", "start web.service"));
}

TEST_F(EngineTest, TheSameContentAgainIsANoOp) {
  Bytes bundle = FakeProbe::Bundle(Release(1));
  ASSERT_EQ(Must(probe_.InstallBytes(bundle)).state, State::kCommitted);
  Verdict again = Must(probe_.InstallBytes(bundle));
  EXPECT_TRUE(again.already_running);
  EXPECT_EQ(ExitCodeFor(again), 0);
  EXPECT_EQ(Must(probe_.OpenJournal().Transactions()).size(), 1u);
}

TEST_F(EngineTest, AFailingHealthCheckRollsBackToTheReleaseBefore) {
  Commit(1);
  probe_.health.failing = {"alive"};
  Verdict verdict = Must(probe_.Install(Release(2)));
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "health");
  EXPECT_EQ(verdict.deployment, 1);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_THAT(probe_.services.running, ElementsAre("web.service"));
  EXPECT_THAT(probe_.Releases(), ElementsAre("1.0-t1"));
}

TEST_F(EngineTest, AFailingFirstReleaseLeavesNothing) {
  probe_.health.failing = {"alive"};
  ASSERT_EQ(Install(Release(1)), State::kRolledBack);
  EXPECT_EQ(probe_.LiveVersion(), "");
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.Path("/opt/web/current"))));
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.Path("/etc/web.conf"))));
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.paths.Active())));
  EXPECT_TRUE(probe_.services.running.empty());
}

TEST_F(EngineTest, UnitsThatDoNotStartRollBack) {
  Commit(1);
  probe_.services.failing_starts = 1;
  Verdict verdict = Must(probe_.Install(Release(2)));
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "activation");
  EXPECT_THAT(probe_.services.running, ElementsAre("web.service"));
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(EngineTest, AnUndoThatKeepsFailingIsStuckAndRecoveryEndsIt) {
  Commit(1);
  probe_.services.failing_starts = 4;
  Verdict verdict = Must(probe_.Install(Release(2)));
  EXPECT_EQ(verdict.state, State::kStuck);
  EXPECT_EQ(ExitCodeFor(verdict), 6);
  EXPECT_THAT(verdict.remedy, HasSubstr("ignite recover"));

  probe_.services.log.clear();
  EXPECT_EQ(Must(probe_.Install(Release(3))).state, State::kStuck)
      << "a stuck probe takes no other bundle";
  EXPECT_TRUE(probe_.services.log.empty()) << "and leaves its units alone";
  probe_.services.failing_starts = 0;

  auto recovered = Must(probe_.Recover());
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->verdict.state, State::kRolledBack);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  Commit(3);
}

TEST_F(EngineTest, RolledBackContentIsHeldFromTheInboxAndFreedByAnEngineer) {
  Commit(1);
  Bytes second = FakeProbe::Bundle(Release(2));
  probe_.health.failing = {"alive"};
  ASSERT_EQ(Must(probe_.InstallBytes(second)).state, State::kRolledBack);
  probe_.health.failing.clear();
  Verdict held = Must(probe_.InstallBytes(second, Origin::kInbox));
  EXPECT_EQ(held.state, State::kRefused);
  EXPECT_EQ(held.reason, "hold");
  EXPECT_EQ(Must(probe_.InstallBytes(second, Origin::kEngineer)).state, State::kCommitted);
  EXPECT_TRUE(Must(probe_.OpenJournal().Holds()).empty());
}

TEST_F(EngineTest, WhatAManualRollbackLeavesIsHeld) {
  Bytes first = FakeProbe::Bundle(Release(1));
  ASSERT_EQ(Must(probe_.InstallBytes(first)).state, State::kCommitted);
  Bytes second = FakeProbe::Bundle(Release(2));
  ASSERT_EQ(Must(probe_.InstallBytes(second)).state, State::kCommitted);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_EQ(Must(probe_.InstallBytes(second, Origin::kInbox)).reason, "hold");
}

TEST_F(EngineTest, RollbackMakesANewDeploymentOfTheOldComponents) {
  Commit(1);
  Commit(2);
  Verdict verdict = Must(probe_.Rollback());
  EXPECT_EQ(verdict.state, State::kCommitted);
  EXPECT_EQ(verdict.deployment, 3);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_EQ(probe_.LiveVersion(), "2.0") << "a rollback can be rolled back";
  ASSERT_EQ(Must(probe_.Rollback(3)).state, State::kCommitted);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(EngineTest, ARollbackWithoutATargetIsRefused) {
  EXPECT_EQ(Must(probe_.Rollback()).reason, "targets");
  Commit(1);
  EXPECT_EQ(Must(probe_.Rollback()).reason, "targets");
  EXPECT_EQ(Must(probe_.Rollback(7)).reason, "targets");
  EXPECT_EQ(Must(probe_.Rollback(1)).reason, "targets");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(EngineTest, AnUnhealthyRollbackReturnsToWhereItCameFromAndHoldsNothing) {
  Commit(1);
  Commit(2);
  probe_.health.failing = {"alive"};
  EXPECT_EQ(Must(probe_.Rollback()).state, State::kRolledBack);
  EXPECT_EQ(probe_.LiveVersion(), "2.0");
  EXPECT_TRUE(Must(probe_.OpenJournal().Holds()).empty());
}

TEST_F(EngineTest, OnlyKeptDeploymentsKeepTheirReleases) {
  for (int number = 1; number <= 5; ++number) Commit(number);
  EXPECT_THAT(probe_.Releases(), ElementsAre("3.0-t3", "4.0-t4", "5.0-t5"));
  EXPECT_EQ(Must(probe_.OpenJournal().Deployments()).size(), 3u);
  EXPECT_EQ(Must(probe_.Rollback(2)).reason, "targets");
}

TEST_F(EngineTest, ARollbackDoesNotCostTheWayFurtherBack) {
  auto numbers = [&] {
    std::vector<int64_t> all;
    for (const auto& kept : Must(probe_.OpenJournal().Deployments())) all.push_back(kept.number);
    return all;
  };
  for (int release = 1; release <= 3; ++release) Commit(release);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_EQ(probe_.LiveVersion(), "2.0");
  // To and fro makes numbers, and keeps neither them nor more than three sets of releases.
  for (int64_t back : {3, 4, 5, 6}) ASSERT_EQ(Must(probe_.Rollback(back)).state, State::kCommitted);
  EXPECT_THAT(numbers(), ElementsAre(1, 6, 7, 8));
  ASSERT_EQ(Must(probe_.Rollback(1)).state, State::kCommitted);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_THAT(numbers(), ElementsAre(7, 8, 9));
}

TEST_F(EngineTest, PruningKeepsAReleaseThatALaterDeploymentUses) {
  Commit(1);
  Commit(2);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_THAT(probe_.Releases(), ElementsAre("1.0-t1", "2.0-t2"));
}

TEST_F(EngineTest, AServicePackKeepsTheOtherComponentsAndTheirChecks) {
  Commit(1);
  BundleRecipe pack = Release(1);
  pack.kind = format::Kind::kServicePack;
  pack.component = "app/api";
  pack.path = "/opt/api";
  pack.with_link = false;
  pack.checks = {"api"};
  ASSERT_EQ(Install(pack), State::kCommitted);
  auto current = Must(probe_.OpenJournal().Current());
  EXPECT_EQ(current->components.size(), 2u);
  EXPECT_EQ(current->health.size(), 2u);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.Path("/opt/api/current"))));
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(EngineTest, ALinkThatWasTakenAwayWithoutASyncIsTakenAwayForGood) {
  Commit(1);
  fakes::MemoryDisk disk;
  fakes::PatientWatch watch;
  fakes::MemoryFileSystem files(disk, watch);
  handlers::AllHandlers handlers(files, *probe_.process, probe_.clock, probe_.paths,
                                 probe_.settings, probe_.identities, probe_.boot);
  Must(files.MakeDirectories(probe_.paths.Host("/opt/web"), 0755));
  Must(files.MakeDirectories(probe_.paths.State(), 0755));
  Change change{std::nullopt, Must(probe_.OpenJournal().Current())->components.at(0)};
  Handler& tree = *handlers.Find(*change.to);
  Must(tree.Activate(change, {}));
  files.ignored = {fakes::MemoryFileSystem::Sync::kFolder};
  Must(tree.Undo(change));  // As one leaves it that was cut off before its sync.
  files.ignored.clear();
  Must(tree.Undo(change));
  fakes::Random random(1);
  disk.CutPower(fakes::MemoryDisk::Cut::kKeepsNothing, random);
  EXPECT_FALSE(Must(files.Inspect(probe_.Path("/etc/web.conf"))));
}

// --- Checks ---

TEST_F(EngineTest, EveryFailedCheckIsNamedAndNoneHidesAnother) {
  BundleRecipe wrong = Release(1);
  wrong.product = "other";
  wrong.compatible = "container";
  wrong.requirements = {"data/main >= 17"};
  Verdict verdict = Refusal(wrong);
  EXPECT_EQ(verdict.reason, "product");
  std::vector<std::string> failed;
  for (const CheckResult& check : verdict.checks) {
    if (check.passed) continue;
    failed.push_back(check.id);
    EXPECT_FALSE(check.remedy.empty()) << check.id;
  }
  EXPECT_THAT(failed, ElementsAre("product", "compatible", "requires"));
  EXPECT_EQ(ExitCodeFor(verdict), 4);
}

TEST_F(EngineTest, AnOlderCounterIsRefusedTheFloorItselfIsNot) {
  Commit(5);
  EXPECT_EQ(Refusal(Release(4)).reason, "counter");
  BundleRecipe same = Release(5);
  same.version = "5.0+rebuilt";
  EXPECT_EQ(Install(same), State::kCommitted);
}

TEST_F(EngineTest, TheFloorsRiseOnlyWithACommit) {
  Commit(1);
  probe_.health.failing = {"alive"};
  BundleRecipe broken = Release(9);
  broken.epoch = 7;
  ASSERT_EQ(Install(broken), State::kRolledBack);
  probe_.health.failing.clear();
  EXPECT_EQ(Install(Release(2)), State::kCommitted);
}

TEST_F(EngineTest, CountersOfProductsAndServicePacksAreApart) {
  Commit(5);
  BundleRecipe pack = Release(2);
  pack.kind = format::Kind::kServicePack;
  EXPECT_EQ(Install(pack), State::kCommitted);
}

TEST_F(EngineTest, AnEarlierEpochIsRefused) {
  BundleRecipe second = Release(2);
  second.epoch = 2;
  ASSERT_EQ(Install(second), State::kCommitted);
  EXPECT_EQ(Refusal(Release(3)).reason, "epoch");
}

TEST_F(EngineTest, AMetRequirementIsNoHindrance) {
  Commit(1);
  BundleRecipe second = Release(2);
  second.requirements = {"app/web >= 1.0"};
  EXPECT_EQ(Install(second), State::kCommitted);
  BundleRecipe third = Release(3);
  third.requirements = {"app/web > 2.0"};
  EXPECT_EQ(Refusal(third).reason, "requires");
}

TEST_F(EngineTest, AnUnknownHealthCheckTypeIsRefused) {
  struct NoTypes : fakes::FakeHealth {
    bool Knows(std::string_view) const override { return false; }
  } health;
  Parts parts{probe_.paths,      probe_.settings, fakes::Keys().keyring,
              probe_.identities, probe_.files,    probe_.clock,
              probe_.services,   health,          probe_.handlers,
              probe_.boot,       probe_.boot};
  Bytes bundle = FakeProbe::Bundle(Release(1));
  auto verdict = Must(Engine(parts).Install({fakes::MakeMemoryFile(bundle), "x", Origin::kEngineer},
                                            probe_.observer));
  EXPECT_EQ(verdict.reason, "types");
}

TEST_F(EngineTest, AForeignFileInThePlaceOfALinkIsRefusedAndStays) {
  Must(probe_.real_files->MakeDirectories(probe_.Path("/etc"), 0755));
  Must(probe_.real_files->WriteAtomically(probe_.Path("/etc/web.conf"), AsBytes("mine"), 0644));
  EXPECT_EQ(Refusal(Release(1)).reason, "targets");
  EXPECT_EQ(Must(probe_.real_files->ReadFile(probe_.Path("/etc/web.conf"), 100)), "mine");
}

TEST_F(EngineTest, AnEngineersFileInThePlaceOfOurLinkIsRefusedAndStays) {
  Commit(1);
  Must(probe_.real_files->RemoveFile(probe_.Path("/etc/web.conf")));
  Must(probe_.real_files->WriteAtomically(probe_.Path("/etc/web.conf"), AsBytes("mine"), 0644));
  EXPECT_EQ(Refusal(Release(2)).reason, "targets");
  BundleRecipe without_link = Release(2);
  without_link.with_link = false;
  ASSERT_EQ(Install(without_link), State::kCommitted);
  EXPECT_EQ(Must(probe_.real_files->ReadFile(probe_.Path("/etc/web.conf"), 100)), "mine");
}

TEST_F(EngineTest, AFileWhereAFolderIsNeededIsRefused) {
  Must(probe_.real_files->WriteAtomically(probe_.Path("/opt"), AsBytes("a file"), 0644));
  EXPECT_EQ(Refusal(Release(1)).reason, "targets");
}

TEST_F(EngineTest, AFileInThePlaceOfTheReleasesOrOfALinksFolderIsRefused) {
  Must(probe_.real_files->MakeDirectories(probe_.Path("/opt/web"), 0755));
  std::string releases = probe_.Path("/opt/web/releases");
  Must(probe_.real_files->WriteAtomically(releases, AsBytes("a file"), 0644));
  EXPECT_THAT(Refusal(Release(1)).cause, HasSubstr("/opt/web/releases is no folder"));
  Must(probe_.real_files->RemoveFile(releases));
  Must(probe_.real_files->WriteAtomically(probe_.Path("/etc"), AsBytes("a file"), 0644));
  EXPECT_THAT(Refusal(Release(1)).cause,
              HasSubstr("/etc is no folder, so /etc/web.conf cannot be made"));
}

TEST_F(EngineTest, AFolderThatLeadsOutOfTheRootIsRefused) {
  fakes::TemporaryDirectory outside;
  ASSERT_EQ(symlink(outside.path().c_str(), probe_.Path("/opt").c_str()), 0);
  Verdict verdict = Refusal(Release(1));
  EXPECT_EQ(verdict.reason, "targets");
  EXPECT_THAT(verdict.cause, HasSubstr("/opt leads out of the probe's root"));
}

TEST_F(EngineTest, AFolderThatLeadsNowhereIsRefused) {
  ASSERT_EQ(symlink("gone", probe_.Path("/opt").c_str()), 0);
  EXPECT_THAT(Refusal(Release(1)).cause, HasSubstr("/opt leads nowhere"));
}

TEST_F(EngineTest, AnOperatingSystemWithAPlaceOfItsOwnIsRefused) {
  BundleRecipe recipe = Release(1);
  recipe.component = "os";
  Verdict verdict = Refusal(recipe);
  EXPECT_EQ(verdict.reason, "types");
  EXPECT_THAT(verdict.cause, HasSubstr("is unknown"));
}

TEST_F(EngineTest, ComponentsMayNotTakeEachOthersPlacesNorIgnites) {
  Commit(1);
  BundleRecipe other = Release(2);
  other.kind = format::Kind::kServicePack;
  other.component = "app/api";
  other.path = "/opt/api";
  EXPECT_EQ(Refusal(other).reason, "targets") << "the same link as app/web";
  other.with_link = false;
  other.path = "/opt/web/current";
  EXPECT_EQ(Refusal(other).reason, "targets");
  other.path = "/var/lib/ignite/tables";
  EXPECT_EQ(Refusal(other).reason, "targets");
  other.path = "/opt/api";
  EXPECT_EQ(Install(other), State::kCommitted);
}

TEST_F(EngineTest, OnlyProductsAndServicePacksBringSoftware) {
  BundleRecipe licence = Release(1);
  licence.kind = format::Kind::kLicence;
  Bytes bundle = FakeProbe::Bundle(licence, {&fakes::Keys().licence});
  Verdict verdict = Must(probe_.InstallBytes(bundle));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_EQ(verdict.reason, "types");
  EXPECT_EQ(probe_.LiveVersion(), "");
}

TEST_F(EngineTest, ARollbackToAnEpochThatWasLeftIsRefused) {
  Commit(1);
  BundleRecipe second = Release(2);
  second.epoch = 2;
  ASSERT_EQ(Install(second), State::kCommitted);
  Verdict verdict = Must(probe_.Rollback());
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_EQ(verdict.reason, "epoch");
}

TEST_F(EngineTest, ContentThatRunsButWasDamagedIsInstalledAgain) {
  Bytes bundle = FakeProbe::Bundle(Release(1));
  ASSERT_EQ(Must(probe_.InstallBytes(bundle)).state, State::kCommitted);
  Must(probe_.real_files->RemoveFile(probe_.Path("/opt/web/current/version.txt")));
  Verdict verdict = Must(probe_.InstallBytes(bundle));
  EXPECT_FALSE(verdict.already_running);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(EngineTest, ABundleWithAsManyValuesAsAManifestMayHaveIsInstalledAndTakenBack) {
  for (int number : {1, 2}) {
    BundleRecipe recipe = Release(number);
    recipe.owners.assign(Json::kMaxValues - 100, "root");
    ASSERT_EQ(Install(recipe), State::kCommitted);
  }
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(EngineTest, AnUnknownOwnerIsRefusedBeforeAnythingIsStaged) {
  BundleRecipe recipe = Release(1);
  recipe.owners = {"nobody-here"};
  Verdict verdict = Refusal(recipe);
  EXPECT_EQ(verdict.reason, "targets");
  EXPECT_THAT(verdict.cause, HasSubstr("nobody-here"));
}

TEST_F(EngineTest, AnUnknownGroupIsRefusedBeforeAnythingIsStaged) {
  BundleRecipe recipe = Release(1);
  recipe.groups = {"root", "nobody-here"};
  Verdict verdict = Refusal(recipe);
  EXPECT_EQ(verdict.reason, "targets");
  EXPECT_THAT(verdict.cause, HasSubstr("no group nobody-here"));
}

TEST_F(EngineTest, TooLittleSpaceIsRefused) {
  struct FullDisk : fakes::FaultyFileSystem {
    using FaultyFileSystem::FaultyFileSystem;
    Result<Space> SpaceAt(const std::string&) override { return space; }
    Space space;
  } files(*probe_.real_files);
  handlers::AllHandlers handlers(files, *probe_.process, probe_.clock, probe_.paths,
                                 probe_.settings, probe_.identities, probe_.boot);
  Parts parts{probe_.paths, probe_.settings, fakes::Keys().keyring, probe_.identities, files,
              probe_.clock, probe_.services, probe_.health,         handlers,          probe_.boot,
              probe_.boot};
  Bytes bundle = FakeProbe::Bundle(Release(1));
  for (const Space& space : {Space{1'000, 1'000, 1}, Space{uint64_t{1} << 40, 3, 1}}) {
    files.space = space;
    auto verdict = Must(Engine(parts).Install(
        {fakes::MakeMemoryFile(bundle), "x", Origin::kEngineer}, probe_.observer));
    EXPECT_EQ(verdict.reason, "space");
    EXPECT_EQ(ExitCodeFor(verdict), 4);
  }
}

TEST_F(EngineTest, TheRoomOfAReleaseIsHeldUntilItIsUnpacked) {
  struct Watching : fakes::FakeObserver {
    void OnProgress(const Progress& progress) override {
      if (progress.step == "unpacking web") was_there |= std::filesystem::exists(file);
    }
    std::string file;
    bool was_there = false;
  } observer;
  observer.file = probe_.Path("/opt/web/releases/1.0-t1.reserve");
  Bytes bundle = FakeProbe::Bundle(Release(1));
  ASSERT_EQ(Must(Engine(probe_.parts())
                     .Install({fakes::MakeMemoryFile(bundle), "x", Origin::kEngineer}, observer))
                .state,
            State::kCommitted);
  EXPECT_TRUE(observer.was_there);
  EXPECT_THAT(Must(probe_.real_files->List(probe_.Path("/opt/web/releases"))),
              ElementsAre("1.0-t1"));
}

TEST_F(EngineTest, ADamagedChunkIsRefusedAndLeavesNothing) {
  Commit(1);
  Bytes bundle = FakeProbe::Bundle(Release(2));
  bundle[bundle.size() - format::kTarEnd - 512] ^= std::byte{1};
  Verdict verdict = Must(probe_.InstallBytes(bundle));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_EQ(verdict.reason, "damaged");
  EXPECT_EQ(ExitCodeFor(verdict), 3);
  EXPECT_THAT(probe_.Releases(), ElementsAre("1.0-t1"));
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

// --- Stops and interruptions ---

TEST_F(EngineTest, ACancelWhileStagingLeavesNothing) {
  Commit(1);
  probe_.observer.stop = StopRequest::kCancel;
  probe_.observer.calls = 0;
  EXPECT_EQ(Install(Release(2)), State::kCancelled);
  EXPECT_THAT(probe_.Releases(), ElementsAre("1.0-t1"));
}

TEST_F(EngineTest, ACancelDuringTheTrialRollsBack) {
  Commit(1);
  probe_.observer.stop = StopRequest::kCancel;
  probe_.observer.calls = 0;
  probe_.observer.stop_after = 4;
  Verdict verdict = Must(probe_.Install(Release(2)));
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "cancelled");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_TRUE(Must(probe_.OpenJournal().Holds()).empty());
}

TEST_F(EngineTest, ASuspendedTrialIsResumedAndCommits) {
  Commit(1);
  probe_.observer.stop = StopRequest::kSuspend;
  probe_.observer.calls = 0;
  probe_.observer.stop_after = 4;
  EXPECT_EQ(Install(Release(2)), State::kTrial);
  probe_.observer.stop = StopRequest::kNone;
  EXPECT_EQ(Must(probe_.Recover())->verdict.state, State::kCommitted);
  EXPECT_EQ(probe_.LiveVersion(), "2.0");
  EXPECT_EQ(probe_.RecordedVersion(), "2.0");
}

TEST_F(EngineTest, AnAgentThatEndsWhileStagingLeavesNothingAndHoldsNothing) {
  Commit(1);
  Bytes second = FakeProbe::Bundle(Release(2));
  for (int i = 0; i < 4; ++i) {
    probe_.observer.stop = StopRequest::kSuspend;
    probe_.observer.calls = 0;
    EXPECT_EQ(Must(probe_.InstallBytes(second, Origin::kInbox)).reason, "suspended");
    EXPECT_THAT(probe_.Releases(), ElementsAre("1.0-t1"));
  }
  probe_.observer.stop = StopRequest::kNone;
  EXPECT_EQ(Must(probe_.InstallBytes(second, Origin::kInbox)).state, State::kCommitted);
}

TEST_F(EngineTest, ATrialWhoseDeploymentIsNoLongerActiveIsRolledBackAndNotCommitted) {
  Commit(1);
  probe_.observer.stop = StopRequest::kSuspend;
  probe_.observer.calls = 0;
  probe_.observer.stop_after = 4;
  ASSERT_EQ(Install(Release(2)), State::kTrial);
  probe_.observer.stop = StopRequest::kNone;
  // A rollback that could not write to the journal leaves this.
  DeploymentStore store(probe_.files, probe_.paths, probe_.handlers);
  Must(store.Switch(1));
  EXPECT_EQ(Must(probe_.Recover())->verdict.state, State::kRolledBack);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_EQ(probe_.RecordedVersion(), "1.0");
}

TEST_F(EngineTest, CleanUpThatWasCutOffIsFinishedByTheNextTransaction) {
  Commit(1);
  Commit(2);
  Commit(3);
  probe_.files.plan = fakes::FaultPlan(1'000'000, false, ErrorCode::kIo);
  {
    Journal journal = probe_.OpenJournal();
    Must(journal.Forget(1));  // As a kill in the middle of the clean-up leaves it.
  }
  Must(probe_.Recover());
  EXPECT_THAT(probe_.Releases(), ElementsAre("2.0-t2", "3.0-t3"));
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.paths.Deployment(1))));
}

TEST_F(EngineTest, ContentThatIsCutOffAgainAndAgainIsHeld) {
  Commit(1);
  Bytes second = FakeProbe::Bundle(Release(2));
  probe_.health.failing = {"alive"};
  ASSERT_EQ(Must(probe_.InstallBytes(second)).state, State::kRolledBack);
  probe_.health.failing.clear();
  auto plan = Must(probe_.OpenJournal().Transactions()).back().plan;
  ASSERT_TRUE(plan);
  Must(probe_.OpenJournal().LiftHold(plan->content_id));
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(Must(probe_.OpenJournal().IsHeld(plan->content_id))) << i;
    // A process that dies here leaves just this.
    Journal journal = probe_.OpenJournal();
    int64_t id = Must(journal.Begin("test.ignite"));
    Must(journal.SetPlan(id, *plan));
    Must(journal.Enter(id, State::kApplying, "switching"));
    EXPECT_EQ(Must(probe_.Recover())->verdict.reason, "interrupted");
  }
  EXPECT_EQ(Must(probe_.InstallBytes(second, Origin::kInbox)).reason, "hold");
}

TEST_F(EngineTest, ACancelOfWhatWasCutOffBeforeTheActivationIsACancel) {
  int64_t id = Must(probe_.OpenJournal().Begin("test.ignite"));
  Must(AskToCancel(probe_.files, probe_.paths, id));
  auto verdict = Must(probe_.Recover())->verdict;
  EXPECT_EQ(verdict.state, State::kCancelled);
  EXPECT_EQ(verdict.reason, "cancelled");
}

TEST_F(EngineTest, ATrialThatIsCutOffAgainAndAgainIsTakenBackAndHeld) {
  Commit(1);
  // The end of the agent leaves the transaction on trial; each recovery is cut off as well, which
  // leaves the step that it began with.
  probe_.observer.stop = StopRequest::kSuspend;
  probe_.observer.calls = 0;
  probe_.observer.stop_after = 4;
  ASSERT_EQ(Must(probe_.Install(Release(2))).state, State::kTrial);
  int64_t id = Must(probe_.OpenJournal().Unfinished())->id;
  auto cut_off = [&] { Must(probe_.OpenJournal().Enter(id, State::kTrial, "trial resumed")); };
  cut_off();
  EXPECT_EQ(Must(probe_.Recover())->verdict.state, State::kTrial) << "once is no loop";
  cut_off();
  cut_off();
  auto verdict = Must(probe_.Recover())->verdict;
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "interrupted-too-often");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_EQ(Must(probe_.OpenJournal().Holds()).size(), 1u);
}

TEST_F(EngineTest, ATrialThatTheAgentOnlySuspendedIsNotCounted) {
  Commit(1);
  probe_.observer.stop = StopRequest::kSuspend;
  probe_.observer.calls = 0;
  probe_.observer.stop_after = 4;
  ASSERT_EQ(Must(probe_.Install(Release(2))).state, State::kTrial);
  for (int i = 0; i < 5; ++i) {
    probe_.observer.calls = 4;
    ASSERT_EQ(Must(probe_.Recover())->verdict.state, State::kTrial);
  }
  probe_.observer.stop = StopRequest::kNone;
  EXPECT_EQ(Must(probe_.Recover())->verdict.state, State::kCommitted);
}

TEST_F(EngineTest, WhoAsksToCancelItTakesATransactionOnTrialBack) {
  Commit(1);
  Must(AskToCancel(probe_.files, probe_.paths, 2));
  Verdict verdict = Must(probe_.Install(Release(2)));
  EXPECT_EQ(verdict.state, State::kCancelled) << "the first look is while unpacking";
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.paths.Cancel())));
  Must(AskToCancel(probe_.files, probe_.paths, 2));
  Commit(3);  // Another transaction is not meant.
}

TEST_F(EngineTest, AnAdoptionIsRefusedWhereSomethingIsInItsWay) {
  Must(probe_.real_files->MakeDirectories(probe_.Path("/opt/web"), 0755));
  Must(probe_.real_files->WriteAtomically(probe_.Path("/opt/web/current"), AsBytes("mine"), 0644));
  Engine engine(probe_.parts());
  Adoption adoption{"1.0", 1, {{"app/web", "1.0", "/opt/web", {}}}};
  Verdict verdict = Must(engine.Adopt(adoption, probe_.observer));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_THAT(verdict.cause, HasSubstr("/opt/web/current exists and is not ignite's"));
  EXPECT_EQ(probe_.RecordedVersion(), "");
  EXPECT_EQ(Must(probe_.real_files->ReadFile(probe_.Path("/opt/web/current"), 100)), "mine");
}

TEST_F(EngineTest, AHoldOfEverythingBindsTheInboxOnly) {
  Engine engine(probe_.parts());
  Must(engine.Hold(Journal::kEverything, probe_.observer));
  Verdict verdict = Must(probe_.Install(Release(1), Origin::kInbox));
  EXPECT_EQ(verdict.reason, "hold");
  EXPECT_THAT(verdict.cause, HasSubstr("holds every upload"));
  Commit(1);
  EXPECT_EQ(Must(probe_.Install(Release(2), Origin::kInbox)).reason, "hold");
  Must(engine.Unhold(Journal::kEverything, probe_.observer));
  EXPECT_EQ(Must(probe_.Install(Release(2), Origin::kInbox)).state, State::kCommitted);
  EXPECT_THAT(engine.Unhold("none", probe_.observer), fakes::FailsWith(ErrorCode::kRefused));
}

TEST_F(EngineTest, TheServiceManagerIsToldTheUnitsOfWhatIsActive) {
  Commit(1);
  EXPECT_THAT(probe_.services.published, ElementsAre(Unit{"web.service", ""}));
  probe_.services.published.clear();
  probe_.health.failing = {"alive"};
  ASSERT_EQ(Install(Release(2)), State::kRolledBack);
  EXPECT_THAT(probe_.services.published, ElementsAre(Unit{"web.service", ""}));
}

TEST_F(EngineTest, AtBootATrialIsLeftUntilWhatItTriesRuns) {
  Commit(1);
  probe_.observer.stop = StopRequest::kSuspend;
  probe_.observer.calls = 0;
  probe_.observer.stop_after = 4;
  ASSERT_EQ(Install(Release(2)), State::kTrial);
  probe_.observer.stop = StopRequest::kNone;
  probe_.services.published.clear();
  probe_.health.attempts = 0;
  auto recovered = Must(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->verdict.state, State::kTrial);
  EXPECT_EQ(probe_.health.attempts, 0);
  EXPECT_THAT(probe_.services.published, ElementsAre(Unit{"web.service", ""}));
  EXPECT_EQ(probe_.LiveVersion(), "2.0");
  EXPECT_EQ(Must(probe_.Recover())->verdict.state, State::kCommitted);
}

TEST_F(EngineTest, AtBootNoUnitOfAStuckProbeIsPublished) {
  Commit(1);
  probe_.services.failing_starts = 10;
  ASSERT_EQ(Install(Release(2)), State::kStuck);
  probe_.services.published.clear();
  auto recovered = Must(Engine(probe_.parts()).RecoverAtBoot(probe_.observer));
  ASSERT_TRUE(recovered);
  EXPECT_EQ(recovered->verdict.state, State::kStuck);
}

// --- Faults: every file operation fails, once and for ever, and what is left is old or new and can
// go on. ---

struct FaultCase {
  bool forever;
  ErrorCode code;
};

class EngineFaultTest : public testing::TestWithParam<FaultCase> {
 protected:
  /// Runs `act` on a probe with release 1, with call N failing, for N = 1, 2, ... until none fails.
  template <class Act>
  void FailEveryCall(Act act) {
    bool fired = true;
    int points = 0;
    for (int n = 1; fired; ++n) {
      SCOPED_TRACE(StrCat("call ", n));
      FakeProbe probe;
      ASSERT_EQ(Must(probe.Install(Release(1))).state, State::kCommitted);
      probe.files.plan = fakes::FaultPlan(n, GetParam().forever, GetParam().code);
      auto verdict = act(probe);
      fired = probe.files.plan.fired();
      points += fired ? 1 : 0;
      probe.files.plan = {};
      CheckLegal(probe, verdict);
    }
    EXPECT_GT(points, 20);
  }

  static void CheckLegal(FakeProbe& probe, const Result<Verdict>& verdict) {
    Must(probe.Recover());
    EXPECT_FALSE(Must(probe.OpenJournal().Unfinished()));
    std::string live = probe.LiveVersion();
    EXPECT_TRUE(live == "1.0" || live == "2.0") << live;
    EXPECT_EQ(live, probe.RecordedVersion());
    EXPECT_THAT(probe.services.running, ElementsAre("web.service"));
    if (verdict && verdict->state == State::kCommitted) {
      EXPECT_EQ(live, "2.0") << "success was claimed";
    }
    EXPECT_EQ(Must(probe.Install(Release(3))).state, State::kCommitted);
    EXPECT_EQ(probe.LiveVersion(), "3.0");
  }
};

TEST_P(EngineFaultTest, InstallEndsOldOrNewAndTheNextOneWorks) {
  FailEveryCall([](FakeProbe& probe) { return probe.Install(Release(2)); });
}

TEST_P(EngineFaultTest, AutomaticRollbackEndsOld) {
  FailEveryCall([](FakeProbe& probe) {
    probe.health.failing = {"alive"};
    auto verdict = probe.Install(Release(2));
    probe.health.failing.clear();
    return verdict;
  });
}

INSTANTIATE_TEST_SUITE_P(Faults, EngineFaultTest,
                         testing::Values(FaultCase{false, ErrorCode::kIo},
                                         FaultCase{true, ErrorCode::kIo},
                                         FaultCase{false, ErrorCode::kNoSpace},
                                         FaultCase{true, ErrorCode::kNoSpace}),
                         [](const auto& named) {
                           return std::string(named.param.forever ? "ForEver" : "Once") +
                                  (named.param.code == ErrorCode::kIo ? "Io" : "NoSpace");
                         });

}  // namespace
}  // namespace ignite::engine
