// A FileSystem that hands everything on to another one, and fails the calls it is told to: the
// N-th, once or for ever.
#pragma once

#include <string>

#include "base/file_system.h"

namespace ignite::fakes {

/// Counts the calls of a file system and of the files and trees it opened.
class FaultPlan {
 public:
  /// No call fails.
  FaultPlan() = default;
  /// Call number `first` fails, counted from 1, and with `forever` every later one too.
  FaultPlan(int first, bool forever, ErrorCode code)
      : first_(first), forever_(forever), code_(code) {}

  int calls() const { return calls_; }
  bool fired() const { return first_ != 0 && calls_ >= first_; }
  /// The Error of this call, if it is to fail.
  std::optional<Error> Next() {
    ++calls_;
    bool fails = calls_ == first_ || (forever_ && fired());
    if (!fails) return std::nullopt;
    return Error{code_, "an injected fault", "none"};
  }

 private:
  int first_ = 0;
  bool forever_ = false;
  ErrorCode code_ = ErrorCode::kIo;
  int calls_ = 0;
};

class FaultyFileSystem : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& real) : real_(real) {}

  FaultPlan plan;

  Result<std::string> ReadFile(const std::string& path, size_t limit) override;
  Result<> WriteAtomically(const std::string& path, ByteView data, mode_t mode) override;
  Result<> Overwrite(const std::string& path, uint64_t offset, ByteView data) override;
  Result<std::unique_ptr<OutputFile>> CreateFile(const std::string& path, mode_t mode) override;
  Result<std::unique_ptr<InputFile>> OpenFile(const std::string& path) override;
  Result<std::optional<FileInfo>> Inspect(const std::string& path) override;
  Result<std::optional<std::string>> ReadLink(const std::string& path) override;
  Result<std::string> RealPath(const std::string& path) override;
  Result<> ReplaceSymlink(const std::string& path, const std::string& target) override;
  Result<Bytes> ReadCapabilities(const std::string& path) override;
  Result<> MakeDirectories(const std::string& path, mode_t mode) override;
  Result<> Rename(const std::string& from, const std::string& to) override;
  Result<> RemoveFile(const std::string& path) override;
  Result<> RemoveTree(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& path) override;
  Result<Space> SpaceAt(const std::string& path) override;
  Result<> Reserve(const std::string& path, uint64_t bytes) override;
  Result<> SyncFolder(const std::string& path) override;
  Result<> SyncFileSystem(const std::string& path) override;
  Result<std::unique_ptr<TreeWriter>> CreateTree(const std::string& path) override;
  Result<std::unique_ptr<TreeWriter>> EmptyTree(const std::string& path) override;

 private:
  FileSystem& real_;
};

}  // namespace ignite::fakes
