// A folder for what a command needs while it runs; gone with its object, and with all that is in
// it.
#pragma once

#include <string>

#include "base/result.h"

namespace ignite::packager {

/// $TMPDIR, or /var/tmp, because what goes there may be as large as a bundle or a database.
std::string PlaceForTemporaryFiles();

class ScratchFolder {
 public:
  static Result<ScratchFolder> Create();
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;  ///< Empty once it was moved from.
};

}  // namespace ignite::packager
