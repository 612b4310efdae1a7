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
/// OK where a new bundle may take this place: nothing is there, an empty file, or another bundle.
/// kInvalidArgument otherwise: a slip of the keyboard must not cost a recipe or a secret key.
Result<> CheckReplaceable(const std::string& path);
/// OK where a bundle that is made of another one may have this name: nothing is there. kRefused
/// otherwise, also where the bundle itself has the name that the new one has while it is written:
/// it may be the only one there is.
Result<> CheckNewName(const std::string& bundle, const std::string& output);
/// Whether a bundle that is to be `output` would be written into this file while it is unfinished.
bool IsUnfinishedBundle(const std::string& file, const std::string& output);

}  // namespace ignite::packager
