// Looks into the folder of a slot before an operating system is written to it: whether anything
// that is in use would go with what the folder holds, and what its end frees.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"

namespace ignite::handlers {

/// What removing all that a folder holds gives back to its file system. A file with a name
/// elsewhere gives back nothing; that another copy shares its blocks cannot be seen.
struct SlotContent {
  uint64_t bytes = 0;
  uint64_t inodes = 0;
};

/// Places of the host, each of which may be missing.
struct PlacesInUse {
  std::string running_slot;         ///< The other slot's folder; empty where it has none.
  std::vector<std::string> others;  ///< What runs, and what ignite keeps.
};

/// kRefused where `folder` is missing, no folder, or in use: where something is mounted in it,
/// where it is or holds a place in use, or lies in the slot that runs. Writes nothing.
Result<SlotContent> LookIntoSlot(FileSystem& files, const std::string& folder,
                                 const PlacesInUse& in_use);

}  // namespace ignite::handlers
