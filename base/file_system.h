// The seam to the disk: every file operation that the safety of a transaction rests on.
//
// The engine and the handlers reach files through this interface alone, so that a test can fail the
// N-th call, lose what was not synced, or keep the whole disk in memory. Paths are absolute. An
// operation that returns OK and says "durable" survives a power cut; a failed sync is never retried
// on the same data: the caller discards and writes anew.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite {

struct FileTime {
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;
  auto operator<=>(const FileTime&) const = default;
};

struct FileInfo {
  enum class Type : uint8_t { kFile, kDirectory, kSymlink, kOther };
  Type type = Type::kOther;
  uint32_t mode = 0;  ///< Permission bits, 07777.
  uint64_t size = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  FileTime mtime;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t disk_bytes = 0;  ///< What it takes on its file system.
  uint64_t links = 1;       ///< Its names, all of them.
  bool is_mount = false;    ///< Something is mounted right there, and this is what.
};

/// What a file of a tree carries besides its bytes.
struct FileAttributes {
  uint32_t mode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  FileTime mtime;
  Bytes capabilities;  ///< The raw value of security.capability; empty for none.
};

struct Space {
  uint64_t free_bytes = 0;  ///< What an unprivileged writer may still use.
  uint64_t free_inodes = 0;
  uint64_t device = 0;  ///< Equal for two paths on one file system.
};

class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual Result<> Write(ByteView bytes) = 0;
  /// Makes the content durable and closes. Without it the file may be lost or short.
  virtual Result<> Finish() = 0;
};

class InputFile {
 public:
  virtual ~InputFile() = default;
  /// Fills the buffer from the current place; fewer bytes only at the end of the file, 0 past it.
  virtual Result<size_t> Read(std::span<std::byte> buffer) = 0;
  virtual Result<> Seek(uint64_t offset) = 0;
  /// The length of the whole file now, wherever the current place is.
  virtual Result<uint64_t> Size() = 0;
};

/// A folder that is being filled with a tree. Every path is relative to it and resolved without
/// following any symbolic link, also in the middle of the path. Nothing is durable before
/// FileSystem::SyncFileSystem.
class TreeWriter {
 public:
  virtual ~TreeWriter() = default;
  virtual Result<> MakeDirectory(std::string_view path) = 0;
  /// Starts the file that the Write calls fill, until FinishFile. The path must be new.
  virtual Result<> StartFile(std::string_view path) = 0;
  virtual Result<> Write(ByteView bytes) = 0;
  virtual Result<> FinishFile(const FileAttributes& attributes) = 0;
  /// A new file with the bytes of `source`, a finished file of this tree; shares them where the
  /// file system can.
  virtual Result<> CopyFile(std::string_view path, std::string_view source,
                            const FileAttributes& attributes) = 0;
  virtual Result<> MakeHardLink(std::string_view path, std::string_view target) = 0;
  virtual Result<> MakeSymlink(std::string_view path, std::string_view target,
                               const FileAttributes& attributes) = 0;
  /// For folders, after everything in them was written: a later entry would change the time again.
  virtual Result<> SetDirectoryAttributes(std::string_view path,
                                          const FileAttributes& attributes) = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Of a regular file: kInvalidArgument for anything else. kCorrupt where it is larger than
  /// `limit`.
  virtual Result<std::string> ReadFile(const std::string& path, size_t limit) = 0;
  /// Temporary file in the same folder, fsync, rename over `path`, fsync of the folder. Readers see
  /// old or new. Durable.
  virtual Result<> WriteAtomically(const std::string& path, ByteView data, mode_t mode) = 0;
  /// Overwrites bytes of a regular file in place, through no final link: its length, its name and
  /// its place on the disk stay, as a boot loader needs it. kCorrupt where the bytes would end
  /// behind its end. Durable. A power cut in between leaves old and new bytes in any mixture there.
  virtual Result<> Overwrite(const std::string& path, uint64_t offset, ByteView data) = 0;
  /// A new, empty file; one that exists is replaced.
  virtual Result<std::unique_ptr<OutputFile>> CreateFile(const std::string& path, mode_t mode) = 0;
  virtual Result<std::unique_ptr<InputFile>> OpenFile(const std::string& path) = 0;

  /// Does not follow a final symbolic link; nullopt where nothing is there.
  virtual Result<std::optional<FileInfo>> Inspect(const std::string& path) = 0;
  /// nullopt where nothing is there; kIo where it is no symbolic link.
  virtual Result<std::optional<std::string>> ReadLink(const std::string& path) = 0;
  /// The path with every symbolic link in it resolved; kNotFound where it does not exist.
  virtual Result<std::string> RealPath(const std::string& path) = 0;
  /// Points the link `path` at `target` in one rename; a file or folder at `path` is refused.
  /// Durable. What an interrupted call left beside it, the next one removes, also where the link is
  /// as it should be.
  virtual Result<> ReplaceSymlink(const std::string& path, const std::string& target) = 0;
  /// Raw value of the attribute security.capability, empty where there is none.
  virtual Result<Bytes> ReadCapabilities(const std::string& path) = 0;

  /// With all parents, mode for those made now. OK where it exists. Durable.
  virtual Result<> MakeDirectories(const std::string& path, mode_t mode) = 0;
  virtual Result<> Rename(const std::string& from, const std::string& to) = 0;
  /// OK where nothing is there. Durable.
  virtual Result<> RemoveFile(const std::string& path) = 0;
  /// A folder and all below it, following no link. OK where nothing is there. Durable.
  virtual Result<> RemoveTree(const std::string& path) = 0;
  /// Names without "." and "..", sorted; empty where the folder does not exist.
  virtual Result<std::vector<std::string>> List(const std::string& path) = 0;

  /// Of the file system that holds `path` or its nearest existing parent.
  virtual Result<Space> SpaceAt(const std::string& path) = 0;
  /// The file `path` takes so many bytes of its disk, from now on and whoever else writes; fewer
  /// than before give the rest back. kNoSpace where there is less room, and then no file. A file
  /// system that cannot reserve holds nothing, and that is OK.
  virtual Result<> Reserve(const std::string& path, uint64_t bytes) = 0;
  /// The names in a folder become durable, whoever gave them or took them away.
  virtual Result<> SyncFolder(const std::string& path) = 0;
  /// Everything written so far to the file system that holds `path` becomes durable.
  virtual Result<> SyncFileSystem(const std::string& path) = 0;

  /// Makes the new folder `path`, mode 0700 until its attributes are set.
  virtual Result<std::unique_ptr<TreeWriter>> CreateTree(const std::string& path) = 0;
  /// The same in the folder `path`, which must be there and stays: all that it held is removed
  /// before, with no link followed and no other mount entered.
  virtual Result<std::unique_ptr<TreeWriter>> EmptyTree(const std::string& path) = 0;
};

std::unique_ptr<FileSystem> MakePosixFileSystem();
/// Reads a descriptor that the caller opened with the care its place needs; `name` is for errors.
std::unique_ptr<InputFile> MakeInputFile(UniqueFd fd, std::string name);

/// Writes all bytes to a descriptor, however often the kernel takes only a part.
Result<> WriteAll(int fd, ByteView bytes, std::string_view what);
/// Fills the buffer from a descriptor; fewer bytes only at the end of the file.
Result<size_t> ReadFully(int fd, std::span<std::byte> buffer, std::string_view what);
/// The part before the last '/'; "/" for a path right below the root.
std::string ParentOf(std::string_view path);

}  // namespace ignite
