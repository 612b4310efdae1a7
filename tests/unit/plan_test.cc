#include "agent/engine/plan.h"

#include <gmock/gmock.h>

#include "agent/engine/planning.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::FailsWith;
using fakes::Must;

const ComponentRecord kWeb = {"app/web", "tree", "1.0", "1.0-t1", Json::EmptyObject()};

Plan PlanOf(std::vector<Change> changes) {
  Plan plan;
  plan.to_deployment = 1;
  plan.changes = std::move(changes);
  return plan;
}

TEST(PlanTest, ComponentsMayComeStayAndGo) {
  Json json = PlanOf({{std::nullopt, kWeb}, {kWeb, kWeb}, {kWeb, std::nullopt}}).ToJson();
  Plan plan = Must(Plan::FromJson(json));
  EXPECT_EQ(plan.ToJson(), json);
  for (const Change& change : plan.changes) EXPECT_EQ(change.any(), kWeb);
}

TEST(PlanTest, TheSignedTimeIsKeptAndOneWithoutItIsOfAnEarlierAgent) {
  Plan plan = PlanOf({});
  plan.signed_time = 1'795'651'200;
  EXPECT_EQ(Must(Plan::FromJson(plan.ToJson())).signed_time, plan.signed_time);
  Json earlier = Json::EmptyObject();
  Json json = plan.ToJson();
  for (const auto& [key, value] : *json.AsObject()) {
    if (key != "signed-time") earlier.Set(key, value);
  }
  EXPECT_EQ(Must(Plan::FromJson(earlier)).signed_time, 0);
}

TEST(PlanTest, AReleaseTellsTheTransactionThatBroughtIt) {
  ComponentRecord record = kWeb;
  for (const auto& [release, transaction] : std::vector<std::pair<std::string, int64_t>>{
           {"1.0-t12", 12}, {"1.0-t2-t5", 5}, {"1.0", 0}, {"1.0-t", 0}, {"1.0-tx", 0}}) {
    record.release = release;
    EXPECT_EQ(TransactionOf(record), transaction) << release;
  }
}

TEST(PlanTest, AChangeOfNoComponentIsRefused) {
  EXPECT_THAT(Plan::FromJson(PlanOf({{std::nullopt, std::nullopt}}).ToJson()),
              FailsWith(ErrorCode::kCorrupt, "change"));
}

TEST(PlanTest, NamesThatLeadElsewhereAreRefused) {
  for (const char* release : {"", ".", "..", "../1.0-t1", "1.0/t1"}) {
    ComponentRecord record = kWeb;
    record.release = release;
    EXPECT_THAT(ComponentRecord::FromJson(record.ToJson()),
                FailsWith(ErrorCode::kCorrupt, "\"release\""))
        << release;
  }
  for (const char* component : {"", "app", "app/..", "../app/web"}) {
    ComponentRecord record = kWeb;
    record.component = component;
    EXPECT_THAT(ComponentRecord::FromJson(record.ToJson()),
                FailsWith(ErrorCode::kCorrupt, "\"component\""))
        << component;
  }
}

TEST(PlanTest, AnActionThatNobodyKnowsIsRefused) {
  Json sound = PlanOf({}).ToJson();
  Json json = Json::EmptyObject();
  for (const auto& [key, value] : *sound.AsObject())
    json.Set(key, key == "action" ? Json("explode") : value);
  EXPECT_THAT(Plan::FromJson(json), FailsWith(ErrorCode::kCorrupt, "action"));
}

}  // namespace
}  // namespace ignite::engine
