// A file in the making: it goes with whoever gives it up, and with a program that a signal ends.
#pragma once

#include <string>

namespace ignite::format {

/// One at a time in a process.
class UnfinishedFile {
 public:
  /// From now on SIGINT, SIGTERM and SIGHUP remove the file before they do what they did; not those
  /// that are ignored, as under nohup.
  explicit UnfinishedFile(std::string path);
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  /// Removes it, unless it was kept.
  ~UnfinishedFile();

  const std::string& path() const { return path_; }
  /// It is finished, and has another name.
  void Keep();

 private:
  std::string path_;
  bool is_kept_ = false;
};

}  // namespace ignite::format
