// A folder of its own for one test, removed with all it holds.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace ignite::fakes {

class TemporaryDirectory {
 public:
  TemporaryDirectory() : TemporaryDirectory(std::filesystem::temp_directory_path()) {}
  explicit TemporaryDirectory(const std::filesystem::path& parent)
      : path_((parent / "ignite-test.XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder");
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  /// Other accounts must get to it, also below a TMPDIR that is ours alone.
  void LetOthersThrough() const {
    for (std::filesystem::path folder = path_; folder != folder.root_path();
         folder = folder.parent_path()) {
      struct stat info {};
      if (stat(folder.c_str(), &info) == 0 && info.st_uid == geteuid())
        (void)chmod(folder.c_str(), info.st_mode | 0111);
    }
  }

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace ignite::fakes
