// Symbolic links that stay true when a whole root is copied or mounted elsewhere: they lead by way
// of "..".
#pragma once

#include <string>
#include <string_view>

#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::engine {

/// The text of a link in `folder` (a probe path that exists) that leads to the probe path `target`.
/// Links in the path of the folder are taken into account; kRefused where they lead out of the
/// root.
Result<std::string> RelativeTarget(FileSystem& files, const ProbePaths& paths,
                                   std::string_view folder, std::string_view target);

}  // namespace ignite::engine
