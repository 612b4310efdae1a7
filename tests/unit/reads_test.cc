#include "agent/engine/reads.h"

#include <gmock/gmock.h>

#include "agent/engine/planning.h"
#include "agent/engine/returns.h"
#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::BundleRecipe;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;

ComponentRecord Application(std::vector<std::string> reads) {
  ComponentRecord record{"app/web", "tree", "2.0", "2.0-t2"};
  for (const std::string& text : reads) record.reads.push_back(*format::DataRange::Parse(text));
  return record;
}

ComponentRecord Data(std::string_view name, std::string_view version) {
  return {StrCat("data/", name), "tree", std::string(version), StrCat(version, "-t1")};
}

TEST(ReadsTest, EachRangeMustFindItsData) {
  auto application = Application({"data/main 17..20", "data/log 3"});
  EXPECT_TRUE(CheckReads({}).passed);
  EXPECT_TRUE(CheckReads({Data("main", "17"), application, Data("log", "3")}).passed);
  CheckResult result = CheckReads({application, Data("main", "21")});
  EXPECT_EQ(result.id, "reads");
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.cause,
            "app/web 2.0 reads data/main 17..20, and would meet version 21; "
            "app/web 2.0 reads data/log 3, and there would be no data/log");
  EXPECT_THAT(result.remedy, HasSubstr("a release of app/web that reads version 21"));
  EXPECT_THAT(result.remedy, HasSubstr("install data/log 3 first, or in the same bundle"));
}

TEST(ReadsTest, ARecordKeepsThem) {
  auto application = Application({"data/main 17..20"});
  EXPECT_EQ(Must(ComponentRecord::FromJson(application.ToJson())), application);
  EXPECT_EQ(Application({}).ToJson().Find("reads"), nullptr) << "earlier agents know no such key";
}

/// Trees stand for the data: the check knows no type.
class ReadsOnAProbeTest : public testing::Test {
 protected:
  static BundleRecipe Web(int number, std::vector<std::string> reads) {
    BundleRecipe recipe;
    recipe.kind = format::Kind::kServicePack;
    recipe.version = StrCat(number, ".0");
    recipe.counter = static_cast<uint64_t>(number);
    recipe.reads = std::move(reads);
    return recipe;
  }
  static BundleRecipe Schema(int number, std::string_view version) {
    BundleRecipe recipe = Web(number, {});
    recipe.version = version;
    recipe.component = "data/main";
    recipe.path = "/opt/main";
    recipe.with_link = false;
    return recipe;
  }
  void Commit(const BundleRecipe& recipe) {
    ASSERT_EQ(Must(probe_.Install(recipe)).state, State::kCommitted);
  }
  void ExpectRefusal(const BundleRecipe& recipe) {
    probe_.services.log.clear();
    auto releases = probe_.Releases();
    Verdict verdict = Must(probe_.Install(recipe));
    EXPECT_EQ(verdict.state, State::kRefused);
    EXPECT_EQ(verdict.reason, "reads");
    EXPECT_TRUE(probe_.services.log.empty());
    EXPECT_EQ(probe_.Releases(), releases);
  }

  fakes::FakeProbe probe_;
};

TEST_F(ReadsOnAProbeTest, AnApplicationNeedsItsDataFirst) {
  ExpectRefusal(Web(1, {"data/main 17..20"}));
  Commit(Schema(2, "16"));
  ExpectRefusal(Web(3, {"data/main 17..20"}));
  Commit(Schema(4, "17"));
  Commit(Web(5, {"data/main 17..20"}));
}

TEST_F(ReadsOnAProbeTest, DataMayNotLeaveTheApplicationThatRunsBehind) {
  Commit(Schema(1, "17"));
  Commit(Web(2, {"data/main 17..20"}));
  Commit(Schema(3, "20"));
  ExpectRefusal(Schema(4, "21"));
  Commit(Web(5, {}));
  Commit(Schema(6, "21"));
}

TEST_F(ReadsOnAProbeTest, ARollbackIsHeldAgainstTheDeploymentItLeadsTo) {
  Commit(Schema(1, "17"));
  Commit(Web(2, {"data/main 17"}));
  Commit(Web(3, {"data/main 17..18"}));
  Commit(Schema(4, "18"));
  EXPECT_EQ(Must(probe_.Rollback(2)).state, State::kCommitted) << "the data goes back with it";

  DeploymentRecord now;
  now.components = {Application({}), Data("main", "17")};
  DeploymentRecord before;
  before.components = {Application({"data/main 16"}), Data("main", "17")};
  auto journal = probe_.OpenJournal();
  Plan plan = PlanRollback(now, before, probe_.handlers, false);
  plan.epoch = 1;
  auto findings = Must(CheckRollback(probe_.parts(), journal, plan));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "reads");
}

}  // namespace
}  // namespace ignite::engine
