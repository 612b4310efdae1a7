// The service back ends `none` and `command` of agent.ini's [services].
#pragma once

#include <memory>

#include "agent/engine/services.h"
#include "base/process.h"

namespace ignite::services {

/// `none` leaves units alone. `command` runs PROGRAM stop UNIT..., PROGRAM start UNIT... and
/// PROGRAM is-active UNIT, with IGNITE_ROOT in the environment; exit code 0 is done.
std::unique_ptr<engine::Services> MakeNoServices();
std::unique_ptr<engine::Services> MakeCommandServices(std::string program, std::string root,
                                                      Process& process);

}  // namespace ignite::services
