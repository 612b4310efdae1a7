// What is mounted where, as this process sees it, and what lies on one disk in one place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace ignite::cli {

struct Mount {
  std::string place;
  std::string type;
  std::string device;  ///< "MAJOR:MINOR" of the file system.
  std::string root;    ///< The folder of the file system that is seen at the place.
  bool read_only = false;
};

class Mounts {
 public:
  /// Of the format of /proc/self/mountinfo.
  explicit Mounts(std::string_view mountinfo);
  static Result<Mounts> Read(FileSystem& files);

  /// The mount that holds a path: the last with the longest place above it. Paths are absolute and
  /// have no symbolic link in them.
  Mount Of(const std::string& path) const;
  bool IsPlace(const std::string& path) const { return Of(path).place == path; }
  /// Whether `path` lies in `folder` on the disk, whatever bind mounts show of both.
  bool LiesIn(const std::string& path, const std::string& folder) const;

 private:
  std::vector<Mount> mounts_;
};

}  // namespace ignite::cli
