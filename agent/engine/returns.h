// The ways back: for each kept deployment whether a rollback to it is possible, and what it takes.
// Shared by a rollback and by the list of deployments, so that the one refuses what the other
// foretold.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/journal.h"
#include "agent/engine/parts.h"

namespace ignite::engine {

/// What stands in the way of a rollback; empty where nothing does.
Result<std::vector<CheckResult>> CheckRollback(const Parts& parts, Journal& journal,
                                               const Plan& plan);

struct Return {
  DeploymentRecord deployment;
  bool runs_now = false;               ///< All below is empty then.
  std::vector<CheckResult> obstacles;  ///< Empty: it is possible.
  std::vector<std::string> units;      ///< Stopped and started around the switch.
  bool reboots = false;                ///< Its operating system is another one.
  std::vector<std::string> steps;      ///< Of its activation, for a person.
  Clock::Milliseconds expected{0};
};

/// Newest first; empty on a probe without a deployment. Writes nothing.
Result<std::vector<Return>> FindReturns(const Parts& parts);

}  // namespace ignite::engine
