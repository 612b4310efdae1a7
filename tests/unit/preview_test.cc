#include "agent/engine/preview.h"

#include <gmock/gmock.h>

#include "agent/engine/preview_document.h"
#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::BundleRecipe;
using fakes::FakeProbe;
using fakes::Must;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class PreviewTest : public testing::Test {
 protected:
  static BundleRecipe Release(int number) {
    BundleRecipe recipe;
    recipe.version = StrCat(number, ".0");
    recipe.counter = static_cast<uint64_t>(number);
    return recipe;
  }
  Preview Of(const BundleRecipe& recipe) { return OfBytes(FakeProbe::Bundle(recipe)); }
  Preview OfBytes(const Bytes& bundle) {
    return Must(PreviewInstall(probe_.parts(), {fakes::MakeMemoryFile(bundle), "test.ignite"}));
  }

  FakeProbe probe_;
};

TEST_F(PreviewTest, TellsTheStepsOfAnInstallAndWritesNothing) {
  Preview preview = Of(Release(1));
  EXPECT_EQ(preview.verdict.state, State::kReceived);
  EXPECT_THAT(preview.steps,
              ElementsAre("unpack app/web 1.0", "stop web.service", "activate app/web 1.0",
                          "switch from nothing to deployment 1", "start web.service",
                          "try it for 5 s: alive (fake)", "commit, or take everything back"));
  EXPECT_THAT(preview.units, ElementsAre("web.service"));
  EXPECT_FALSE(preview.space.empty());
  EXPECT_FALSE(preview.expected_is_measured);
  EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.paths.State())));
}

TEST_F(PreviewTest, SaysWhatStaysAndReckonsWithThisProbesOwnTimes) {
  ASSERT_EQ(Must(probe_.Install(Release(1))).state, State::kCommitted);
  BundleRecipe other = Release(2);
  other.component = "app/other";
  other.path = "/opt/other";
  other.with_link = false;
  Preview preview = Of(other);
  EXPECT_THAT(preview.steps, Contains("leave app/web 1.0 as it is"));
  EXPECT_THAT(preview.steps, Contains("switch from deployment 1 to deployment 2"));
  EXPECT_TRUE(preview.expected_is_measured);
  EXPECT_GE(preview.expected, probe_.settings.trial);
}

TEST_F(PreviewTest, ASmallInstallSaysNothingOfTheTimeOfALargeOne) {
  ASSERT_EQ(Must(probe_.Install(Release(1))).state, State::kCommitted);
  BundleRecipe large = Release(2);
  large.bytes = 20 * 1024 * 1024;
  Preview preview = Of(large);
  EXPECT_TRUE(preview.expected_is_measured);
  EXPECT_LT(preview.expected, std::chrono::seconds(10)) << "a second for the bytes, and the trial";
  ASSERT_EQ(Must(probe_.Install(large)).state, State::kCommitted);
  large = Release(3);
  large.bytes = 10 * 20 * 1024 * 1024;
  EXPECT_LT(Of(large).expected, std::chrono::seconds(7)) << "0.1 s were measured for a tenth of it";
}

TEST_F(PreviewTest, AnInstallTellsTheSamePlanBeforeItStagesAnything) {
  std::vector<Preview> told;
  std::vector<std::string> releases;
  auto install = [&](const BundleRecipe& recipe) {
    Bytes bundle = FakeProbe::Bundle(recipe);
    InstallRequest request{fakes::MakeMemoryFile(bundle), "test.ignite", Origin::kInbox};
    request.on_checked = [&](const Preview& preview) {
      told.push_back(preview);
      releases = probe_.Releases();
    };
    return Must(Engine(probe_.parts()).Install(std::move(request), probe_.observer));
  };
  Preview foretold = Of(Release(1));
  ASSERT_EQ(install(Release(1)).state, State::kCommitted);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(releases, testing::IsEmpty());
  // The free space is another one by now.
  told[0].space = foretold.space;
  told[0].verdict.checks = foretold.verdict.checks;
  EXPECT_EQ(PreviewText(told[0], "test.ignite"), PreviewText(foretold, "test.ignite"));

  BundleRecipe wrong = Release(2);
  wrong.product = "other";
  ASSERT_EQ(install(wrong).state, State::kRefused);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].verdict.reason, "product");
}

TEST_F(PreviewTest, RefusesByTheChecksOfAnInstall) {
  ASSERT_EQ(Must(probe_.Install(Release(5))).state, State::kCommitted);
  BundleRecipe wrong = Release(4);
  wrong.product = "other";
  Preview preview = Of(wrong);
  Verdict verdict = Must(probe_.Install(wrong));
  EXPECT_EQ(preview.verdict.state, State::kRefused);
  EXPECT_EQ(preview.verdict.reason, verdict.reason);
  EXPECT_EQ(preview.verdict.cause, verdict.cause);
  EXPECT_EQ(preview.verdict.checks.size(), verdict.checks.size());
}

TEST_F(PreviewTest, ACheckThatCannotBeMadeHidesNoOther) {
  BundleRecipe recipe = Release(1);
  recipe.product = "other";
  Bytes bundle = FakeProbe::Bundle(recipe);
  const size_t checks = Of(recipe).verdict.checks.size();
  int unmade = 0;
  for (int call = 1;; ++call) {
    probe_.files.plan = fakes::FaultPlan(call, false, ErrorCode::kIo);
    auto preview = PreviewInstall(probe_.parts(), {fakes::MakeMemoryFile(bundle), "test.ignite"});
    if (!probe_.files.plan.fired()) break;
    if (!preview) continue;
    EXPECT_EQ(preview->verdict.checks.size(), checks);
    EXPECT_EQ(preview->verdict.reason, "product");
    bool is_unmade =
        preview->verdict.cause.find("it cannot be checked: an injected") != std::string::npos;
    unmade += is_unmade ? 1 : 0;
  }
  EXPECT_GT(unmade, 0);
}

TEST_F(PreviewTest, AnInstallIsNotRefusedForACheckThatCannotBeMade) {
  int unmade = 0;
  for (int call = 1;; ++call) {
    probe_.files.plan = fakes::FaultPlan(call, false, ErrorCode::kIo);
    auto verdict = probe_.Install(Release(call));
    if (!probe_.files.plan.fired()) break;
    if (verdict) {
      EXPECT_THAT(verdict->cause, testing::Not(HasSubstr("cannot be checked")));
    } else {
      unmade += verdict.error().cause.starts_with("it cannot be checked: ") ? 1 : 0;
    }
  }
  EXPECT_GT(unmade, 0);
}

TEST_F(PreviewTest, TellsOfADamagedBundleAndOfOneThatRuns) {
  Bytes bundle = FakeProbe::Bundle(Release(1));
  ASSERT_EQ(Must(probe_.InstallBytes(bundle)).state, State::kCommitted);
  EXPECT_TRUE(OfBytes(bundle).verdict.already_running);
  bundle[600] ^= std::byte{1};
  EXPECT_EQ(OfBytes(bundle).verdict.state, State::kRefused);
  EXPECT_FALSE(OfBytes(bundle).plan);
}

TEST_F(PreviewTest, RefusesByTheLengthOfTheFileAsAnInstallDoes) {
  const Bytes whole = FakeProbe::Bundle(Release(1));
  for (ptrdiff_t change : {-1, -1024, -1025, +1, +512}) {
    Bytes bundle = whole;
    bundle.resize(static_cast<size_t>(static_cast<ptrdiff_t>(whole.size()) + change));
    Preview preview = OfBytes(bundle);
    Verdict verdict = Must(probe_.InstallBytes(bundle));
    EXPECT_EQ(verdict.state, State::kRefused) << change;
    EXPECT_EQ(verdict.reason, change < 0 ? "short" : "damaged");
    EXPECT_EQ(preview.verdict.state, verdict.state) << change;
    EXPECT_EQ(preview.verdict.reason, verdict.reason);
    EXPECT_EQ(preview.verdict.cause, verdict.cause);
    EXPECT_EQ(preview.verdict.remedy, verdict.remedy);
    EXPECT_FALSE(Must(probe_.real_files->Inspect(probe_.paths.Host("/opt")))) << "nothing unpacked";
  }
  EXPECT_EQ(OfBytes(whole).verdict.state, State::kReceived);
}

TEST_F(PreviewTest, NamesAHoldThatAnInstallWouldLift) {
  Bytes bundle = FakeProbe::Bundle(Release(1));
  probe_.health.failing = {"alive"};
  ASSERT_EQ(Must(probe_.InstallBytes(bundle)).state, State::kRolledBack);
  Preview preview = OfBytes(bundle);
  EXPECT_TRUE(preview.is_held);
  EXPECT_EQ(preview.verdict.state, State::kReceived);
  EXPECT_THAT(
      preview.verdict.checks,
      Contains(testing::Field(&CheckResult::cause, HasSubstr("this install lifts the hold"))));
}

}  // namespace
}  // namespace ignite::engine
