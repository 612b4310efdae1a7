// The checks that a bundle must pass on this probe. Every check always runs, and none hides
// another; each has an id that scripts may rely on, and says what was found and what to do.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/health.h"
#include "agent/engine/journal.h"
#include "agent/engine/running_system.h"
#include "agent/engine/settings.h"
#include "base/file_system.h"

namespace ignite::engine {

/// Who asks for a transaction. A hold binds the daemon only.
enum class Origin : uint8_t { kInbox, kEngineer };

/// What the checks may look at.
struct PolicyFacts {
  const Settings& settings;
  const format::Manifest& manifest;
  const Plan& plan;
  const std::optional<DeploymentRecord>& current;
  uint64_t counter_floor = 0;
  uint64_t epoch_floor = 0;
  bool held = false;       ///< Also where everything is.
  bool holds_all = false;  ///< An engineer wants no upload installed.
  std::optional<WrongSystem> wrong_system = {};
  Origin origin = Origin::kEngineer;
  FileSystem& files;
  HandlerTable& handlers;
  const HealthChecker& health;
};

/// The results of all checks, in a fixed order: one that could not be made hides no other.
std::vector<CheckResult> RunChecks(const PolicyFacts& facts);

/// The first check that failed, nullptr where all passed.
const CheckResult* FirstFailure(const std::vector<CheckResult>& checks);

}  // namespace ignite::engine
