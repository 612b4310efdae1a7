#include "agent/engine/plan.h"

#include <algorithm>
#include <array>

#include "payload-format/tree/tree_spec.h"

namespace ignite::engine {
namespace {

/// In the order of Action.
constexpr std::array<std::string_view, 3> kActions = {"install", "rollback", "adopt"};

/// A release is a folder among those of its component, and is removed as a whole: a name that leads
/// elsewhere would take with it what is there.
bool NamesOneFolder(std::string_view release) {
  return !release.empty() && release.find('/') == std::string_view::npos &&
         format::IsTreePath(release);
}

Json OptionalToJson(const std::optional<ComponentRecord>& record) {
  return record ? record->ToJson() : Json();
}

Result<std::optional<ComponentRecord>> OptionalFromJson(const Json& json) {
  if (json.IsNull()) return std::optional<ComponentRecord>();
  return std::optional(TRY(ComponentRecord::FromJson(json)));
}

}  // namespace

Json ComponentRecord::ToJson() const {
  Json json = Json::EmptyObject();
  json.Set("component", component).Set("type", type).Set("version", version);
  json.Set("release", release).Set("spec", spec);
  // Absent where there are none: an earlier agent refuses keys that it does not know.
  if (!reads.empty()) json.Set("reads", format::ToJson(reads));
  return json;
}

Result<ComponentRecord> ComponentRecord::FromJson(const Json& json) {
  JsonFields fields(json, "component");
  ComponentRecord record;
  record.component = fields.String("component");
  record.type = fields.String("type");
  record.version = fields.String("version");
  record.release = fields.String("release");
  record.spec = fields.Required("spec");
  if (const Json* reads = fields.Optional("reads"))
    record.reads = TRY(format::ReadsFromJson(*reads, "component.reads"));
  if (!format::IsComponent(record.component)) fields.Fault("component", "names no component");
  if (!NamesOneFolder(record.release)) fields.Fault("release", "is no name of a folder");
  TRY(fields.Finish());
  return record;
}

const ComponentRecord* FindComponent(const std::vector<ComponentRecord>& components,
                                     std::string_view name) {
  for (const ComponentRecord& record : components) {
    if (record.component == name) return &record;
  }
  return nullptr;
}

Json HealthToJson(const std::vector<format::HealthCheckInfo>& health) {
  Json array = Json::EmptyArray();
  for (const auto& check : health) {
    Json entry = Json::EmptyObject();
    entry.Set("name", check.name).Set("type", check.type).Set("timeout-ms", check.timeout_ms);
    array.Push(entry.Set("spec", check.spec));
  }
  return array;
}

Result<std::vector<format::HealthCheckInfo>> HealthFromJson(const Json& json) {
  std::vector<format::HealthCheckInfo> health;
  if (json.AsArray() == nullptr)
    return Error{ErrorCode::kCorrupt, "the health checks of a plan are no list", ""};
  for (const Json& entry : *json.AsArray()) {
    JsonFields fields(entry, "health check");
    format::HealthCheckInfo check;
    check.name = fields.String("name");
    check.type = fields.String("type");
    check.timeout_ms = fields.Integer("timeout-ms", 1, Json::kMaxInteger);
    check.spec = fields.Required("spec");
    TRY(fields.Finish());
    health.push_back(std::move(check));
  }
  return health;
}

const Change& Plan::ChangeOf(std::string_view component) const {
  return *std::find_if(changes.begin(), changes.end(),
                       [&](const Change& change) { return change.any().component == component; });
}

Json Plan::ToJson() const {
  Json changes_json = Json::EmptyArray();
  for (const Change& change : changes) {
    Json entry = Json::EmptyObject();
    entry.Set("from", OptionalToJson(change.from)).Set("to", OptionalToJson(change.to));
    if (change.restores_data) entry.Set("restores-data", true);
    changes_json.Push(std::move(entry));
  }
  Json components_json = Json::EmptyArray();
  for (const ComponentRecord& record : components) components_json.Push(record.ToJson());
  Json json = Json::EmptyObject();
  json.Set("action", kActions[static_cast<size_t>(action)]).Set("content-id", content_id);
  json.Set("kind", kind)
      .Set("product", product)
      .Set("version", version)
      .Set("counter", counter)
      .Set("epoch", epoch)
      .Set("signed-time", signed_time);
  if (slot) json.Set("slot", SlotName(*slot));
  if (!boot.empty()) json.Set("boot", boot);
  json.Set("from", from_deployment).Set("to", to_deployment);
  json.Set("changes", std::move(changes_json)).Set("components", std::move(components_json));
  return json.Set("health", HealthToJson(health));
}

Result<Plan> Plan::FromJson(const Json& json) {
  JsonFields fields(json, "plan");
  Plan plan;
  auto action = std::find(kActions.begin(), kActions.end(), fields.String("action"));
  if (action == kActions.end()) fields.Fault("action", "is unknown");
  if (action != kActions.end()) plan.action = static_cast<Action>(action - kActions.begin());
  plan.content_id = fields.String("content-id");
  plan.kind = fields.String("kind");
  plan.product = fields.String("product");
  plan.version = fields.String("version");
  plan.counter = static_cast<uint64_t>(fields.Integer("counter", 0, Json::kMaxInteger));
  plan.epoch = static_cast<uint32_t>(fields.Integer("epoch", 0, 0xffffffff));
  plan.signed_time = fields.Integer("signed-time", 0, Json::kMaxInteger, 0);
  std::string slot = fields.String("slot", "");
  plan.slot = ParseSlot(slot);
  if (!slot.empty() && !plan.slot) fields.Fault("slot", "is neither a nor b");
  plan.boot = fields.String("boot", "");
  plan.from_deployment = fields.Integer("from", 0, Json::kMaxInteger);
  plan.to_deployment = fields.Integer("to", 1, Json::kMaxInteger);
  const Json::Array& changes = fields.Array("changes");
  const Json::Array& components = fields.Array("components");
  const Json& health = fields.Required("health");
  TRY(fields.Finish());
  for (const Json& entry : changes) {
    JsonFields change(entry, "change");
    const Json& from = change.Required("from");
    const Json& to = change.Required("to");
    const Json* restores = change.Optional("restores-data");
    if (from.IsNull() && to.IsNull()) change.Fault("to", "is no component, and so is \"from\"");
    TRY(change.Finish());
    // Not in one braced list: a TRY that leaves it would leave its first member behind, as memory.
    auto before = TRY(OptionalFromJson(from));
    auto after = TRY(OptionalFromJson(to));
    plan.changes.push_back({std::move(before), std::move(after), restores != nullptr});
  }
  for (const Json& entry : components)
    plan.components.push_back(TRY(ComponentRecord::FromJson(entry)));
  plan.health = TRY(HealthFromJson(health));
  return plan;
}

}  // namespace ignite::engine
