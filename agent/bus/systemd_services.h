// The service back end `systemd`: units of the running system, over D-Bus.
//
// Unit files of a tree are links in /run/systemd/system, made anew at every switch and every boot,
// so that a read-only OS needs nothing of them. Each unit of a component, also one that the OS has,
// is wanted by ignite-apps.target and ordered behind ignite-recover.service: none starts at boot
// before an interrupted transaction was led to one side.
#pragma once

#include <memory>

#include "agent/engine/probe_paths.h"
#include "agent/engine/services.h"
#include "base/file_system.h"

namespace ignite::bus {

/// kIo where the bus or systemd does not answer; a unit that does not start is named, with where
/// its log is.
std::unique_ptr<engine::Services> MakeSystemdServices(FileSystem& files,
                                                      const engine::ProbePaths& paths);

/// For the recovery at boot, which runs before any unit: Stop and Start do nothing, and Publish
/// also asks systemd to start ignite-apps.target once the recovery has ended.
std::unique_ptr<engine::Services> MakeBootServices(FileSystem& files,
                                                   const engine::ProbePaths& paths);

}  // namespace ignite::bus
