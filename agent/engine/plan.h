// Everything that a transaction has decided before it writes anything: a plain value that the
// journal keeps as JSON, so that whichever process comes after an interruption knows what was
// meant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/engine/boot.h"
#include "base/json.h"
#include "base/result.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::engine {

/// One component as a deployment has it.
struct ComponentRecord {
  std::string component;  ///< "app/web"
  std::string type;       ///< The payload type whose handler knows it.
  std::string version;
  std::string release;  ///< Names the release among those of the component.
  Json spec = Json::EmptyObject();
  std::vector<format::DataRange> reads = {};  ///< What it needs of the deployment's data.

  bool operator==(const ComponentRecord&) const = default;
  Json ToJson() const;
  static Result<ComponentRecord> FromJson(const Json& json);
};

/// nullptr where it is not among them.
const ComponentRecord* FindComponent(const std::vector<ComponentRecord>& components,
                                     std::string_view name);

/// What happens to one component: a new one has no `from`, one that goes away no `to`.
struct Change {
  std::optional<ComponentRecord> from;
  std::optional<ComponentRecord> to;
  /// Of a rollback: data may return to a snapshot, and lose what was written since.
  bool restores_data = false;

  const ComponentRecord& any() const { return to ? *to : *from; }
};

enum class Action : uint8_t { kInstall, kRollback, kAdopt };

struct Plan {
  Action action = Action::kInstall;
  std::string content_id;  ///< Hex.
  std::string kind;
  std::string product;
  std::string version;
  uint64_t counter = 0;
  uint32_t epoch = 0;
  int64_t signed_time = 0;  ///< The latest moment that its signers name, since 1970; 0 for none.
  /// That must run for it; nullopt where it leaves the operating system as it is.
  std::optional<Slot> slot;
  std::string boot;             ///< The BootId in which the boot loader was told of the slot.
  int64_t from_deployment = 0;  ///< 0: the probe has none yet.
  int64_t to_deployment = 0;
  std::vector<Change> changes;              ///< In the order of activation.
  std::vector<ComponentRecord> components;  ///< The whole new deployment.
  std::vector<format::HealthCheckInfo> health;

  /// Of a component that changes.
  const Change& ChangeOf(std::string_view component) const;
  Json ToJson() const;
  static Result<Plan> FromJson(const Json& json);
};

Json HealthToJson(const std::vector<format::HealthCheckInfo>& health);
Result<std::vector<format::HealthCheckInfo>> HealthFromJson(const Json& json);

}  // namespace ignite::engine
