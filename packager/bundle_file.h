// The bundle that a command line names.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace ignite::packager {

struct BundleFile {
  std::unique_ptr<InputFile> file;
  uint64_t size = 0;
};

/// kInvalidArgument where there is no such regular file, kCorrupt for an empty one.
Result<BundleFile> OpenBundle(const std::string& path);

}  // namespace ignite::packager
