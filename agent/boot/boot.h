// The boot back ends of agent.ini's [boot].
#pragma once

#include <memory>

#include "agent/engine/boot.h"
#include "agent/engine/probe_paths.h"
#include "agent/engine/settings.h"
#include "base/file_system.h"
#include "base/process.h"

namespace ignite::boot {

/// The one that the settings name. The references must outlive it.
std::unique_ptr<engine::Boot> MakeBoot(const engine::Settings& settings,
                                       const engine::ProbePaths& paths, FileSystem& files,
                                       Process& process);

}  // namespace ignite::boot
