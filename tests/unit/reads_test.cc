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

TEST(ReadsTest, ARollbackIsHeldAgainstTheDeploymentItLeadsTo) {
  fakes::FakeProbe probe;
  ASSERT_EQ(Must(probe.Install(BundleRecipe())).state, State::kCommitted);
  DeploymentRecord now;
  now.components = {Application({}), Data("main", "17")};
  DeploymentRecord before;
  before.components = {Application({"data/main 16"}), Data("main", "17")};
  auto journal = probe.OpenJournal();
  Plan plan = PlanRollback(now, before, probe.handlers, false);
  plan.epoch = 1;
  auto findings = Must(CheckRollback(probe.parts(), journal, plan));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "reads");
}

}  // namespace
}  // namespace ignite::engine
