// The health check types: http, tcp, unit, command. One row each in health_checks.cc.
#pragma once

#include <memory>

#include "agent/engine/health.h"
#include "agent/engine/probe_paths.h"
#include "agent/engine/services.h"
#include "base/process.h"

namespace ignite::health {

std::unique_ptr<engine::HealthChecker> MakeHealthChecker(Process& process,
                                                         engine::Services& services,
                                                         const engine::ProbePaths& paths);

}  // namespace ignite::health
