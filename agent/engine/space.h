// What a plan takes of each file system, and what is free there.
#pragma once

#include <vector>

#include "agent/engine/handler.h"
#include "base/file_system.h"

namespace ignite::engine {

/// Kept free on every file system, so that the journal and the probe's own work go on.
inline constexpr uint64_t kReserveBytes = 8 * 1024 * 1024;

/// All that a plan takes of one file system.
struct SpaceDemand {
  std::string path;  ///< Host path of a place on it.
  uint64_t bytes = kReserveBytes;
  uint64_t inodes = 0;
  Space space;

  bool Fits() const { return bytes <= space.free_bytes && inodes <= space.free_inodes; }
};

/// One for each file system. Leaves out payloads whose type or spec is wrong, which other checks
/// say.
Result<std::vector<SpaceDemand>> SpaceDemands(const Plan& plan, FileSystem& files,
                                              HandlerTable& handlers);

/// The check "space" of a plan.
Result<CheckResult> CheckSpace(const Plan& plan, FileSystem& files, HandlerTable& handlers);

}  // namespace ignite::engine
