// The FileSystem of base/file_system.h wholly in memory, call for call what the one of POSIX does:
// an operation of several calls can fail, or its process die, between any two of them.
#pragma once

#include <set>

#include "base/file_system.h"
#include "tests/fakes/call_watch.h"
#include "tests/fakes/memory_disk.h"

namespace ignite::fakes {

class MemoryFileSystem : public FileSystem {
 public:
  MemoryFileSystem(MemoryDisk& disk, CallWatch& watch) : disk_(disk), watch_(watch) {}

  enum class Sync : uint8_t { kFile, kFolder, kEverything };
  /// Syncs that do nothing, for tests of tests.
  std::set<Sync> ignored;

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
  friend class MemoryOutputFile;
  friend class MemoryTreeWriter;

  /// One call. `effect` gives its errno; SystemError of it, or of the fault that comes in between.
  template <class Effect>
  Result<> Call(std::string_view call, std::string_view path, Effect effect);
  Result<> Write(const MemoryDisk::NodePtr& file, uint64_t offset, ByteView bytes,
                 std::string_view path);
  Result<> SyncFile(const MemoryDisk::NodePtr& file, std::string_view path);
  Result<> SyncName(const std::string& path);
  Result<> RemoveBelow(const std::string& path);

  MemoryDisk& disk_;
  CallWatch& watch_;
};

}  // namespace ignite::fakes
