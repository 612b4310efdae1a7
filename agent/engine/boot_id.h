// Names the boot that goes on: whoever compares two of them knows whether this probe has booted in
// between, whatever called the recovery.
#pragma once

#include <string>

#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::engine {

/// The kernel's own id, and when the first process began: a container that boots again may keep the
/// id of its host. Empty where the kernel does not tell.
std::string BootId(FileSystem& files, const ProbePaths& paths);

}  // namespace ignite::engine
