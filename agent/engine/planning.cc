#include "agent/engine/planning.h"

#include <algorithm>

#include "base/ini.h"
#include "base/str_cat.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::engine {
namespace {

/// Between the version and the number in the name of a release.
constexpr std::string_view kByTransaction = "-t";

std::string ReleaseName(std::string_view version, int64_t transaction) {
  return StrCat(version, kByTransaction, transaction);
}

/// A service pack adds its checks to those of the deployment below it, by name; a product brings
/// its own complete set.
std::vector<format::HealthCheckInfo> MergeHealth(const format::Manifest& manifest,
                                                 const std::optional<DeploymentRecord>& current) {
  std::vector<format::HealthCheckInfo> health = manifest.health;
  if (manifest.kind == format::Kind::kProduct || !current) return health;
  for (const auto& check : current->health) {
    bool replaced = std::any_of(manifest.health.begin(), manifest.health.end(),
                                [&](const auto& own) { return own.name == check.name; });
    if (!replaced) health.push_back(check);
  }
  return health;
}

void TakeTurns(std::vector<Change>& changes, HandlerTable& handlers) {
  auto turn = [&](const Change& change) {
    const Handler* handler = handlers.Find(change.any());
    return handler == nullptr ? Turn::kLast : handler->TurnOfActivation();
  };
  std::stable_sort(changes.begin(), changes.end(),
                   [&](const Change& a, const Change& b) { return turn(a) < turn(b); });
}

const format::PayloadInfo* FindFormTaken(const format::Manifest& manifest,
                                         std::string_view component, HandlerTable& handlers) {
  for (const format::PayloadInfo& payload : manifest.payloads) {
    if (payload.component != component) continue;
    const Handler* handler = handlers.Find(payload.type, payload.component);
    if (handler != nullptr && handler->FormTaken()) return &payload;
  }
  return nullptr;
}

/// Whether another form of the same component is the one to plan with.
bool IsLeftOut(const format::Manifest& manifest, const format::PayloadInfo& payload,
               HandlerTable& handlers) {
  if (!manifest.HasForms(payload.component)) return false;
  const format::PayloadInfo* taken = FindFormTaken(manifest, payload.component, handlers);
  if (taken != nullptr) return taken != &payload;
  auto first = std::find_if(
      manifest.payloads.begin(), manifest.payloads.end(),
      [&](const format::PayloadInfo& other) { return other.component == payload.component; });
  return &*first != &payload;
}

}  // namespace

std::optional<std::string> FormTaken(const format::Manifest& manifest, std::string_view component,
                                     HandlerTable& handlers) {
  if (!manifest.HasForms(component)) return std::nullopt;
  const format::PayloadInfo* taken = FindFormTaken(manifest, component, handlers);
  return taken == nullptr ? std::nullopt
                          : handlers.Find(taken->type, taken->component)->FormTaken();
}

Plan PlanInstall(const format::VerifiedBundle& bundle,
                 const std::optional<DeploymentRecord>& current, HandlerTable& handlers,
                 int64_t transaction) {
  const format::Manifest& manifest = bundle.manifest();
  Plan plan;
  plan.action = Action::kInstall;
  plan.content_id = bundle.content_id().Hex();
  plan.kind = format::KindName(manifest.kind);
  plan.product = manifest.product;
  plan.version = manifest.version;
  plan.counter = manifest.counter;
  plan.epoch = manifest.epoch;
  plan.from_deployment = current ? current->number : 0;
  plan.to_deployment = plan.from_deployment + 1;
  if (current) plan.components = current->components;
  for (const auto& payload : manifest.payloads) {
    if (IsLeftOut(manifest, payload, handlers)) continue;
    const Handler* handler = handlers.Find(payload.type, payload.component);
    ComponentRecord record{payload.component,
                           payload.type,
                           payload.version,
                           ReleaseName(payload.version, transaction),
                           handler == nullptr ? payload.spec : handler->RecordedSpec(payload),
                           payload.reads};
    Change change;
    if (const ComponentRecord* from = current ? current->Find(payload.component) : nullptr)
      change.from = *from;
    std::erase_if(plan.components,
                  [&](const ComponentRecord& old) { return old.component == record.component; });
    plan.components.push_back(record);
    change.to = std::move(record);
    plan.changes.push_back(std::move(change));
  }
  TakeTurns(plan.changes, handlers);
  plan.health = MergeHealth(manifest, current);
  return plan;
}

int64_t TransactionOf(const ComponentRecord& record) {
  size_t place = record.release.rfind(kByTransaction);
  if (place == std::string::npos) return 0;
  std::string_view number = std::string_view(record.release).substr(place + kByTransaction.size());
  return static_cast<int64_t>(ParseNumber(number).value_or(0));
}

Result<Plan> PlanAdoption(const Adoption& adoption, const Settings& settings,
                          HandlerTable& handlers, int64_t transaction) {
  Plan plan;
  plan.action = Action::kAdopt;
  plan.product = settings.product;
  plan.version = adoption.version;
  plan.epoch = adoption.epoch;
  plan.to_deployment = 1;
  for (const AdoptedTree& tree : adoption.trees) {
    Json spec = TRY(handlers.Find(format::TreeSpec::kType, tree.component)->Survey(tree));
    ComponentRecord record{tree.component, std::string(format::TreeSpec::kType), tree.version,
                           ReleaseName(tree.version, transaction), std::move(spec)};
    plan.components.push_back(record);
    plan.changes.push_back({std::nullopt, std::move(record)});
  }
  return plan;
}

Plan PlanRollback(const DeploymentRecord& current, const DeploymentRecord& target,
                  HandlerTable& handlers, bool restores_data) {
  Plan plan;
  plan.action = Action::kRollback;
  plan.content_id = target.content_id;
  plan.version = target.version;
  plan.epoch = target.epoch;
  plan.from_deployment = current.number;
  plan.to_deployment = current.number + 1;
  plan.components = target.components;
  plan.health = target.health;
  for (const ComponentRecord& from : current.components) {
    const ComponentRecord* to = target.Find(from.component);
    if (to == nullptr) plan.changes.push_back({from, std::nullopt});
    if (to != nullptr && to->release != from.release) plan.changes.push_back({from, *to});
  }
  for (const ComponentRecord& to : target.components) {
    if (current.Find(to.component) == nullptr) plan.changes.push_back({std::nullopt, to});
  }
  for (Change& change : plan.changes) change.restores_data = restores_data;
  TakeTurns(plan.changes, handlers);
  return plan;
}

}  // namespace ignite::engine
