// The servers of PostgreSQL that an operating system has, as Debian lays them out: one folder for
// each major version, and a cluster opens with that of its own alone.
#pragma once

#include <string_view>

#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::handlers {

/// kRefused where the running system has servers, and none of the `major` version that the cluster
/// of `component` is of.
Result<> CheckPostgresql(FileSystem& files, const engine::ProbePaths& paths,
                         std::string_view component, int64_t major);

}  // namespace ignite::handlers
