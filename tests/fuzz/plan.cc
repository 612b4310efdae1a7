// What the journal keeps as JSON: plans, components, entries of the history.

#include "agent/engine/plan.h"

#include "agent/engine/journal.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

template <class T>
void ReadDocument(const Json& json, std::string_view sentence) {
  auto value = T::FromJson(json);
  PromiseGoodError(value);
  if (!value) return;
  auto stored = Json::ParseStored(value->ToJson().Dump());
  Promise(stored.has_value(), "a document that was written can be read");
  auto again = T::FromJson(*stored);
  Promise(again && again->ToJson() == value->ToJson(), sentence);
}

const Target kPlan{"plan", [](ByteView input) {
                     auto json = Json::ParseStored(AsText(input));
                     PromiseGoodError(json);
                     if (!json) return;
                     ReadDocument<engine::Plan>(*json, "a plan is the same again");
                     ReadDocument<engine::ComponentRecord>(*json, "a component is the same again");
                     auto record = engine::TransactionRecord::FromJson(*json);
                     PromiseGoodError(record);
                     auto health = engine::HealthFromJson(*json);
                     PromiseGoodError(health);
                   }};

}  // namespace
}  // namespace ignite::fuzz
