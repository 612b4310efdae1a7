#include "agent/handlers/licence_handler.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "base/date.h"
#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::handlers {
namespace {

using engine::State;
using engine::Verdict;
using fakes::BundleRecipe;
using fakes::FakeProbe;
using fakes::Keys;
using fakes::Must;
using format::LicenceSpec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Identity(const format::PrivateKey& key) { return ToHex(key.public_key().bytes); }

/// Number N of a customer's licences for the sample's identity.
LicenceSpec Licence(int number) {
  LicenceSpec spec;
  spec.identities = {Identity(Keys().other_identity), Identity(Keys().identity)};
  spec.customer = StrCat("customer ", number);
  spec.issued = "2026-11-26";
  return spec;
}

Bytes Bundle(const LicenceSpec& spec, uint64_t counter,
             format::Kind kind = format::Kind::kLicence) {
  format::BundlePlan plan;
  plan.manifest.kind = kind;
  plan.manifest.product = "netprobe";
  plan.manifest.version = StrCat(counter, ".0");
  plan.manifest.counter = counter;
  plan.manifest.epoch = 1;
  plan.manifest.compatible = "box";
  plan.manifest.payloads.push_back(
      {"licence", "licence", "licence", plan.manifest.version, spec.ToJson(), {}});
  plan.sources.emplace_back();
  for (const format::PrivateKey* key : {&Keys().licence, &Keys().release, &Keys().qa})
    plan.signers.push_back(fakes::SignerOf(*key));
  plan.recipients.push_back(Keys().identity.public_key());
  plan.chunk_size = format::kMinChunkSize;
  plan.threads = 1;
  return fakes::Build(std::move(plan));
}

BundleRecipe Product(int number) {
  BundleRecipe recipe;
  recipe.version = StrCat(number, ".0");
  recipe.counter = static_cast<uint64_t>(number);
  return recipe;
}

/// The customer that a reader of the active licence sees; empty for none.
std::string ActiveCustomer(const FakeProbe& probe) {
  std::ifstream file(probe.Path("/var/lib/ignite/active/licence"));
  std::string text(std::istreambuf_iterator<char>(file), {});
  return text.empty() ? "" : Must(LicenceSpec::FromJson(Must(Json::ParseStrict(text)))).customer;
}

std::string RecordedCustomer(FakeProbe& probe) {
  auto current = Must(probe.OpenJournal().Current());
  auto* record = current ? current->Find("licence") : nullptr;
  return record == nullptr ? "" : Must(LicenceSpec::FromJson(record->spec)).customer;
}

class LicenceHandlerTest : public testing::Test {
 protected:
  Verdict Install(int number) {
    return Must(probe_.InstallBytes(Bundle(Licence(number), static_cast<uint64_t>(number))));
  }
  void InstallProduct(int number) {
    ASSERT_EQ(Must(probe_.Install(Product(number))).state, State::kCommitted);
  }
  std::vector<std::string> Kept() {
    return Must(probe_.real_files->List(probe_.Path("/var/lib/ignite/licences")));
  }
  std::string ReleaseFile() {
    return probe_.Path(StrCat("/var/lib/ignite/licences/", Kept().back()));
  }
  std::vector<std::string> Differences() {
    auto current = Must(probe_.OpenJournal().Current());
    return Must(
        probe_.handlers.Find("licence", "licence")
            ->FindDifferences(*current->Find("licence"), engine::Handler::Compare::kEverything));
  }

  FakeProbe probe_;
};

TEST_F(LicenceHandlerTest, ComesWithTheSwitchAndLeavesAllElseAsItIs) {
  InstallProduct(1);
  probe_.services.log.clear();
  Verdict verdict = Install(1);
  EXPECT_EQ(verdict.state, State::kCommitted);
  EXPECT_EQ(verdict.deployment, 2);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 1");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  EXPECT_THAT(probe_.services.log, ElementsAre("stop", "start")) << "no unit is touched";
  auto current = Must(probe_.OpenJournal().Current());
  EXPECT_EQ(current->components.size(), 2u);
  EXPECT_EQ(current->health.size(), 1u) << "the checks of the deployment stay";
  EXPECT_THAT(Differences(), IsEmpty());
}

TEST_F(LicenceHandlerTest, CanBeTheFirstThingOnAProbe) {
  ASSERT_EQ(Install(1).deployment, 1);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 1");
  InstallProduct(1);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 1");
}

TEST_F(LicenceHandlerTest, EveryoneMayReadTheActiveOne) {
  Install(1);
  struct stat status {};
  ASSERT_EQ(stat(probe_.Path("/var/lib/ignite/active/licence").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFREG | 0644u);
  ASSERT_EQ(stat(probe_.Path("/var/lib/ignite/licences").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFDIR | 0755u);
}

TEST_F(LicenceHandlerTest, ForOtherProbesIsRefusedBeforeAnythingIsStaged) {
  InstallProduct(1);
  LicenceSpec spec = Licence(1);
  spec.identities = {Identity(Keys().other_identity)};
  Verdict verdict = Must(probe_.InstallBytes(Bundle(spec, 1)));
  EXPECT_EQ(verdict.state, State::kRefused);
  EXPECT_EQ(verdict.reason, "targets");
  EXPECT_THAT(verdict.cause, HasSubstr("is for 1 other probe"));
  EXPECT_THAT(verdict.remedy, HasSubstr(Identity(Keys().identity)));
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_EQ(ActiveCustomer(probe_), "");
}

TEST_F(LicenceHandlerTest, AnyIdentityOfTheProbeWillDo) {
  probe_.identities.push_back(fakes::CopyOf(Keys().other_identity));
  LicenceSpec spec = Licence(1);
  spec.identities = {Identity(Keys().other_identity)};
  EXPECT_EQ(Must(probe_.InstallBytes(Bundle(spec, 1))).state, State::kCommitted);
}

TEST_F(LicenceHandlerTest, ItsCounterAndThatOfTheProductAreApart) {
  InstallProduct(1);
  ASSERT_EQ(Install(9).state, State::kCommitted);
  InstallProduct(2);
  EXPECT_EQ(Install(8).reason, "counter");
  EXPECT_EQ(Install(10).state, State::kCommitted) << "the product's counter, 2, is no floor of it";
  EXPECT_EQ(Must(probe_.Install(Product(1))).reason, "counter");
}

TEST_F(LicenceHandlerTest, ARollbackReturnsToTheOneBefore) {
  InstallProduct(1);
  Install(1);
  Install(2);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 1");
  ASSERT_EQ(Must(probe_.Rollback(3)).state, State::kCommitted);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 2");
  probe_.settings.keep_deployments = 10;
  ASSERT_EQ(Must(probe_.Rollback(2)).reason, "targets") << "no longer kept";
}

TEST_F(LicenceHandlerTest, ARollbackToBeforeTheFirstTakesItAway) {
  InstallProduct(1);
  Install(1);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_EQ(ActiveCustomer(probe_), "");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(LicenceHandlerTest, AProductLeavesItAndARollbackOfTheProductToo) {
  InstallProduct(1);
  Install(1);
  InstallProduct(2);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 1");
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 1");
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(LicenceHandlerTest, AProbeThatIsUnwellWithItReturnsToTheOneBefore) {
  InstallProduct(1);
  Install(1);
  probe_.health.failing = {"alive"};
  EXPECT_EQ(Install(2).state, State::kRolledBack);
  EXPECT_EQ(ActiveCustomer(probe_), "customer 1");
  EXPECT_THAT(Kept(), ElementsAre("1.0-t2"));
}

TEST_F(LicenceHandlerTest, OnlyKeptDeploymentsKeepTheirs) {
  for (int number = 1; number <= 5; ++number) Install(number);
  EXPECT_THAT(Kept(), ElementsAre("3.0-t3", "4.0-t4", "5.0-t5"));
}

TEST_F(LicenceHandlerTest, InAnotherKindOfBundleIsRefused) {
  for (format::Kind kind : {format::Kind::kProduct, format::Kind::kServicePack}) {
    Verdict verdict = Must(probe_.InstallBytes(Bundle(Licence(1), 1, kind)));
    EXPECT_EQ(verdict.reason, "types");
    EXPECT_THAT(verdict.cause, HasSubstr(StrCat("payload type licence in a bundle of the kind ",
                                                format::KindName(kind))));
  }
}

TEST_F(LicenceHandlerTest, ThatIsMalformedIsRefused) {
  LicenceSpec spec = Licence(1);
  spec.issued = "someday";
  Verdict verdict = Must(probe_.InstallBytes(Bundle(spec, 1)));
  EXPECT_EQ(verdict.reason, "types");
  EXPECT_THAT(verdict.cause, HasSubstr("\"issued\""));
}

TEST_F(LicenceHandlerTest, DamageIsFoundAndMendedByTheSameBundle) {
  Bytes bundle = Bundle(Licence(1), 1);
  Must(probe_.InstallBytes(bundle));
  EXPECT_TRUE(Must(probe_.InstallBytes(bundle)).already_running);
  std::string size(Must(probe_.real_files->Inspect(ReleaseFile()))->size, 'x');
  Must(probe_.real_files->WriteAtomically(ReleaseFile(), AsBytes(size), 0644));
  EXPECT_THAT(Differences(), ElementsAre(HasSubstr("has other content")));
  ASSERT_EQ(chmod(ReleaseFile().c_str(), 0600), 0);
  Must(probe_.real_files->RemoveFile(ReleaseFile()));
  Must(probe_.real_files->WriteAtomically(probe_.Path("/var/lib/ignite/licences/1.0-t1"),
                                          AsBytes("{}"), 0644));
  EXPECT_THAT(Differences(), ElementsAre(HasSubstr("has other content")));
  EXPECT_FALSE(Must(probe_.InstallBytes(bundle)).already_running);
  EXPECT_THAT(Differences(), IsEmpty());
  ASSERT_EQ(chmod(ReleaseFile().c_str(), 0600), 0);
  EXPECT_THAT(Differences(), ElementsAre(HasSubstr("has another mode")));
}

TEST_F(LicenceHandlerTest, ARollbackToOneThatIsGoneIsRefused) {
  Install(1);
  Install(2);
  Must(probe_.real_files->RemoveFile(probe_.Path("/var/lib/ignite/licences/1.0-t1")));
  Verdict verdict = Must(probe_.Rollback());
  EXPECT_EQ(verdict.reason, "targets");
  EXPECT_THAT(verdict.cause, HasSubstr("1.0-t1 of licence is gone"));
}

// --- Time ---

TEST_F(LicenceHandlerTest, OneThatHasEndedIsInstalledForNoClockDecides) {
  LicenceSpec spec = Licence(1);
  spec.issued = "2020-01-01";
  spec.not_after = "2020-12-31";
  EXPECT_EQ(Must(probe_.InstallBytes(Bundle(spec, 1))).state, State::kCommitted);
}

TEST_F(LicenceHandlerTest, TheFloorOfTimeRisesToItsIssueWithTheCommitAndNeverFalls) {
  InstallProduct(1);
  EXPECT_EQ(Must(probe_.OpenJournal().TimeFloor()), 0) << "nobody has signed a date";
  int64_t issued = *ParseDate("2026-11-26");
  probe_.health.failing = {"alive"};
  ASSERT_EQ(Install(1).state, State::kRolledBack);
  EXPECT_EQ(Must(probe_.OpenJournal().TimeFloor()), 0);
  probe_.health.failing.clear();
  Install(2);
  EXPECT_EQ(Must(probe_.OpenJournal().TimeFloor()), issued);
  LicenceSpec older = Licence(3);
  older.issued = "2020-01-01";
  ASSERT_EQ(Must(probe_.InstallBytes(Bundle(older, 3))).state, State::kCommitted);
  EXPECT_EQ(Must(probe_.OpenJournal().TimeFloor()), issued);
  ASSERT_EQ(Must(probe_.Rollback()).state, State::kCommitted);
  InstallProduct(2);
  EXPECT_EQ(Must(probe_.OpenJournal().TimeFloor()), issued);
}

// --- Faults ---

class LicenceFaultTest : public testing::TestWithParam<bool> {};

TEST_P(LicenceFaultTest, EveryFailingCallLeavesTheOldOrTheNewOne) {
  bool fired = true;
  int points = 0;
  for (int n = 1; fired; ++n) {
    SCOPED_TRACE(StrCat("call ", n));
    FakeProbe probe;
    ASSERT_EQ(Must(probe.InstallBytes(Bundle(Licence(1), 1))).state, State::kCommitted);
    probe.files.plan = fakes::FaultPlan(n, GetParam(), ErrorCode::kNoSpace);
    auto verdict = probe.InstallBytes(Bundle(Licence(2), 2));
    fired = probe.files.plan.fired();
    points += fired ? 1 : 0;
    probe.files.plan = {};
    Must(probe.Recover());
    std::string active = ActiveCustomer(probe);
    EXPECT_TRUE(active == "customer 1" || active == "customer 2") << active;
    EXPECT_EQ(active, RecordedCustomer(probe));
    if (verdict && verdict->state == State::kCommitted) {
      EXPECT_EQ(active, "customer 2") << "success was claimed";
    }
    ASSERT_EQ(Must(probe.InstallBytes(Bundle(Licence(3), 3))).state, State::kCommitted);
    EXPECT_EQ(ActiveCustomer(probe), "customer 3");
  }
  EXPECT_GT(points, 10);
}

TEST(LicenceStagingTest, EveryFailingCallIsTold) {
  FakeProbe probe;
  engine::ComponentRecord record{"licence", "licence", "1.0", "1.0-t1", Licence(1).ToJson()};
  auto stage = [&]() -> Result<> {
    auto staging =
        TRY(probe.handlers.Find("licence", "licence")->Stage({std::nullopt, record}, {}));
    return staging->Finish();
  };
  int calls = 0;
  do {
    probe.files.plan = fakes::FaultPlan(++calls, false, ErrorCode::kIo);
    auto staged = stage();
    EXPECT_EQ(staged.has_value(), !probe.files.plan.fired()) << calls;
  } while (probe.files.plan.fired());
  EXPECT_GT(calls, 5);
}

INSTANTIATE_TEST_SUITE_P(Faults, LicenceFaultTest, testing::Bool());

}  // namespace
}  // namespace ignite::handlers
