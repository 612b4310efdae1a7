// Room on a disk that a release will take, held by a file which shrinks as the room is used: what
// the checks found free is still free when the last file is unpacked.
#pragma once

#include <algorithm>
#include <string>

#include "base/file_system.h"

namespace ignite::handlers {

class SpaceReserve {
 public:
  /// Of `bytes`; Take has held them, in this process or in an earlier one.
  SpaceReserve(FileSystem& files, std::string path, uint64_t bytes)
      : files_(files), path_(std::move(path)), left_(bytes), held_(bytes) {}

  Result<> Take() { return files_.Reserve(path_, held_); }

  /// So many bytes are written next. The file shrinks before, in steps, so that what it holds never
  /// keeps the release itself from its room.
  Result<> Use(uint64_t bytes) {
    left_ -= std::min(left_, bytes);
    uint64_t wanted = left_ / kStep * kStep;
    if (wanted >= held_) return {};
    held_ = wanted;
    return files_.Reserve(path_, held_);
  }

  /// OK where nothing is held.
  Result<> Drop() { return files_.RemoveFile(path_); }

 private:
  static constexpr uint64_t kStep = 1024 * 1024;

  FileSystem& files_;
  std::string path_;
  uint64_t left_;
  uint64_t held_;
};

}  // namespace ignite::handlers
