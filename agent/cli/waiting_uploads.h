// What waits in the inbox, by what the daemon says of it in the outbox.
#pragma once

#include <string>
#include <vector>

#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::cli {

struct WaitingUpload {
  std::string bundle;
  std::string why;
};

/// By name. What cannot be read is passed over: the folders belong to uploaders, too.
std::vector<WaitingUpload> ReadWaitingUploads(FileSystem& files, const engine::ProbePaths& paths);

}  // namespace ignite::cli
