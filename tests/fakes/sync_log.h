// Which files and folders the code under test syncs: no other look at a file system tells.
#pragma once

#include <string>
#include <vector>

namespace ignite::fakes {

/// Of this process, while it exists; one at a time.
class SyncLog {
 public:
  SyncLog();
  ~SyncLog();
  SyncLog(const SyncLog&) = delete;
  SyncLog& operator=(const SyncLog&) = delete;

  /// In their order.
  const std::vector<std::string>& paths() const { return paths_; }
  void Clear() { paths_.clear(); }
  void Note(int fd);

 private:
  std::vector<std::string> paths_;
};

}  // namespace ignite::fakes
