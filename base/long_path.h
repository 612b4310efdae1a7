// Paths longer than the kernel takes in one call (PATH_MAX): a tree may hold paths of nearly that
// length, and lies below a place of its own.
#pragma once

#include <fcntl.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite {

/// For the calls that take a folder and a path from there on. A usual path stays as it is; of a
/// long one the folders in front are opened. Follows links in the middle as the kernel does.
class LongPath {
 public:
  /// nullopt where one of those folders does not exist.
  static Result<std::optional<LongPath>> Reach(std::string path);

  int folder() const { return folder_ ? folder_.get() : AT_FDCWD; }
  const char* rest() const { return rest_.c_str(); }
  /// For calls that take no folder.
  std::string Whole() const;

 private:
  explicit LongPath(std::string rest) : rest_(std::move(rest)) {}

  UniqueFd folder_;
  std::string rest_;
};

}  // namespace ignite
