#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "base/c_handle.h"
#include "base/file_system.h"
#include "base/long_path.h"
#include "base/posix_tree_writer.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"

namespace ignite {
namespace {

using Directory = CHandle<DIR, closedir>;

/// Enough for most of what is read as a whole, also where no size is known.
constexpr size_t kFirstRead = size_t{16} * 1024;

FileInfo ToInfo(const struct statx& status) {
  constexpr uint64_t kBlock = 512;  // Of stx_blocks, whatever the file system has.
  FileInfo info;
  info.type = S_ISREG(status.stx_mode)   ? FileInfo::Type::kFile
              : S_ISDIR(status.stx_mode) ? FileInfo::Type::kDirectory
              : S_ISLNK(status.stx_mode) ? FileInfo::Type::kSymlink
                                         : FileInfo::Type::kOther;
  info.mode = status.stx_mode & 07777;
  info.size = status.stx_size;
  info.uid = status.stx_uid;
  info.gid = status.stx_gid;
  info.mtime = {status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec};
  info.device = makedev(status.stx_dev_major, status.stx_dev_minor);
  info.inode = status.stx_ino;
  info.disk_bytes = status.stx_blocks * kBlock;
  info.links = status.stx_nlink;
  info.is_mount = (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  return info;
}

Result<> SyncDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return SystemError(StrCat("opening ", path), errno);
  if (fsync(fd.get()) != 0) return SystemError(StrCat("syncing ", path), errno);
  return {};
}

/// That a name is in its folder, or is not, becomes durable: whoever put it there or took it away
/// may have been cut off before a sync. OK where there is no folder, and where its file system
/// cannot sync one, as a read-only image: nothing can be pending there.
Result<> SyncName(const std::string& path) {
  UniqueFd folder(open(ParentOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!folder) return SystemError(StrCat("opening the folder of ", path), errno);
  if (fsync(folder.get()) != 0 && errno != EINVAL)
    return SystemError(StrCat("syncing the folder of ", path), errno);
  return {};
}

class PosixOutputFile : public OutputFile {
 public:
  PosixOutputFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<> Write(ByteView bytes) override { return WriteAll(fd_.get(), bytes, path_); }

  Result<> Finish() override {
    if (fsync(fd_.get()) != 0) return SystemError(StrCat("syncing ", path_), errno);
    if (close(fd_.Release()) != 0) return SystemError(StrCat("closing ", path_), errno);
    return SyncDirectory(ParentOf(path_));
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

class PosixInputFile : public InputFile {
 public:
  PosixInputFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<size_t> Read(std::span<std::byte> buffer) override {
    return ReadFully(fd_.get(), buffer, path_);
  }

  Result<> Seek(uint64_t offset) override {
    if (lseek(fd_.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
      return SystemError(StrCat("seeking in ", path_), errno);
    return {};
  }

  Result<uint64_t> Size() override {
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0) return SystemError(StrCat("inspecting ", path_), errno);
    return static_cast<uint64_t>(status.st_size);
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

/// Removes a folder and all below it. It goes down and up again with one descriptor, so a tree may
/// be deeper than a process may open files, and it never follows a link nor enters what is mounted
/// below.
class TreeRemoval {
 public:
  Result<> Run(const std::string& path) {
    // Inside an empty frame the tree itself is removed like any entry.
    levels_.push_back({{path}, 0, 0});
    while (!(levels_.size() == 1 && levels_.back().names.empty())) {
      TRY(levels_.back().names.empty() ? Ascend() : RemoveLast());
    }
    return {};
  }

  /// All below it, and not the folder itself.
  Result<> RunInside(const std::string& path) {
    folder_.Reset(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder_) return SystemError(StrCat("opening ", path), errno);
    levels_ = {Level{{path}, 0, 0}, TRY(List(folder_.get(), path))};
    while (!(levels_.size() == 2 && levels_.back().names.empty())) {
      TRY(levels_.back().names.empty() ? Ascend() : RemoveLast());
    }
    return {};
  }

 private:
  struct Level {
    std::vector<std::string> names;  ///< What is still to be removed.
    dev_t device;
    ino_t inode;
  };

  int Here() const { return levels_.size() == 1 ? AT_FDCWD : folder_.get(); }

  Result<> RemoveLast() {
    const std::string& name = levels_.back().names.back();
    if (unlinkat(Here(), name.c_str(), 0) == 0 || errno == ENOENT || errno == ENOTDIR) {
      levels_.back().names.pop_back();
      return {};
    }
    if (errno != EISDIR && errno != EPERM) return SystemError(StrCat("removing ", name), errno);
    open_how how{};
    how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    // On the way to the tree itself there may be any.
    how.resolve = levels_.size() == 1 ? 0 : RESOLVE_NO_XDEV;
    UniqueFd below(static_cast<int>(syscall(SYS_openat2, Here(), name.c_str(), &how, sizeof how)));
    if (!below) return SystemError(StrCat("opening ", name), errno);
    levels_.push_back(TRY(List(below.get(), name)));
    folder_ = std::move(below);
    return {};
  }

  /// Back to the folder above, which must still be the one we came from, and removes the emptied
  /// one.
  Result<> Ascend() {
    levels_.pop_back();
    const Level& level = levels_.back();
    if (levels_.size() > 1) {
      UniqueFd above(openat(folder_.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      struct stat status {};
      if (!above || fstat(above.get(), &status) != 0)
        return SystemError("opening the folder above", errno);
      if (status.st_dev != level.device || status.st_ino != level.inode) {
        return Error{ErrorCode::kIo, "a folder was moved away while it was being removed",
                     "try again"};
      }
      folder_ = std::move(above);
    }
    const std::string& name = level.names.back();
    if (unlinkat(Here(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
      return SystemError(StrCat("removing ", name), errno);
    }
    levels_.back().names.pop_back();
    return {};
  }

  static Result<Level> List(int folder, const std::string& name) {
    Level level{};
    struct stat status {};
    if (fstat(folder, &status) != 0) return SystemError(StrCat("inspecting ", name), errno);
    level.device = status.st_dev;
    level.inode = status.st_ino;
    UniqueFd listed(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Directory entries(listed ? fdopendir(listed.get()) : nullptr);
    if (entries == nullptr) return SystemError(StrCat("listing ", name), errno);
    (void)listed.Release();
    while (const dirent* entry = readdir(entries.get())) {
      std::string_view found = entry->d_name;
      if (found != "." && found != "..") level.names.emplace_back(found);
    }
    return level;
  }

  std::vector<Level> levels_;
  UniqueFd folder_;
};

/// Fills `status`.
Result<UniqueFd> OpenRegular(const std::string& path, int flags, struct stat& status) {
  // A FIFO would keep the open, and the read, waiting for ever.
  UniqueFd fd(open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return SystemError(StrCat("opening ", path), errno);
  if (fstat(fd.get(), &status) != 0) return SystemError(StrCat("inspecting ", path), errno);
  if (S_ISREG(status.st_mode)) return fd;
  return Error{ErrorCode::kInvalidArgument, StrCat(path, " is no regular file"),
               "put a regular file there"};
}

class PosixFileSystem : public FileSystem {
 public:
  Result<std::string> ReadFile(const std::string& path, size_t limit) override {
    struct stat status {};
    UniqueFd fd = TRY(OpenRegular(path, O_RDONLY, status));
    // Not as much as might come: a limit may be large. The size is 0 below /proc.
    size_t expected = std::max<size_t>(static_cast<size_t>(status.st_size), kFirstRead);
    std::string text;
    size_t have = 0;
    do {
      text.resize(std::min(limit, std::max(expected, 2 * have)) + 1);
      have += TRY(ReadFully(fd.get(), std::as_writable_bytes(std::span(text)).subspan(have), path));
    } while (have == text.size() && have <= limit);
    text.resize(have);
    if (text.size() > limit) {
      return Error{ErrorCode::kCorrupt, StrCat(path, " is larger than ", limit, " bytes"),
                   "put the right file there"};
    }
    return text;
  }

  Result<> WriteAtomically(const std::string& path, ByteView data, mode_t mode) override {
    std::string temporary = path + ".tmp";
    auto file = TRY(CreateFile(temporary, mode));
    Result<> written = file->Write(data);
    if (written) written = file->Finish();
    if (!written) {
      (void)unlink(temporary.c_str());
      return written;
    }
    Result<> renamed = Rename(temporary, path);
    if (!renamed) (void)unlink(temporary.c_str());
    return renamed;
  }

  Result<> Overwrite(const std::string& path, uint64_t offset, ByteView data) override {
    struct stat status {};
    UniqueFd fd = TRY(OpenRegular(path, O_WRONLY | O_NOFOLLOW, status));
    auto size = static_cast<uint64_t>(status.st_size);
    if (size < data.size() || size - data.size() < offset) {
      return Error{ErrorCode::kCorrupt, StrCat(path, " ends before byte ", offset + data.size()),
                   "put the right file there"};
    }
    if (lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
      return SystemError(StrCat("seeking in ", path), errno);
    TRY(WriteAll(fd.get(), data, path));
    if (fsync(fd.get()) != 0) return SystemError(StrCat("syncing ", path), errno);
    return {};
  }

  Result<std::unique_ptr<OutputFile>> CreateFile(const std::string& path, mode_t mode) override {
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
      return SystemError(StrCat("replacing ", path), errno);
    UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd) return SystemError(StrCat("creating ", path), errno);
    if (fchmod(fd.get(), mode) != 0)
      return SystemError(StrCat("setting the mode of ", path), errno);
    return std::unique_ptr<OutputFile>(std::make_unique<PosixOutputFile>(std::move(fd), path));
  }

  Result<std::unique_ptr<InputFile>> OpenFile(const std::string& path) override {
    auto place = TRY(LongPath::Reach(path));
    if (!place) return SystemError(StrCat("opening ", path), ENOENT);
    UniqueFd fd(
        openat(place->folder(), place->rest(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return SystemError(StrCat("opening ", path), errno);
    return MakeInputFile(std::move(fd), path);
  }

  Result<std::optional<FileInfo>> Inspect(const std::string& path) override {
    auto place = TRY(LongPath::Reach(path));
    if (!place) return std::optional<FileInfo>();
    struct statx status {};
    if (statx(place->folder(), place->rest(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) == 0)
      return std::optional(ToInfo(status));
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileInfo>();
    return SystemError(StrCat("inspecting ", path), errno);
  }

  Result<std::optional<std::string>> ReadLink(const std::string& path) override {
    auto place = TRY(LongPath::Reach(path));
    if (!place) return std::optional<std::string>();
    std::string target(PATH_MAX, '\0');
    ssize_t size = readlinkat(place->folder(), place->rest(), target.data(), target.size());
    if (size < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
    if (size < 0) return SystemError(StrCat("reading the link ", path), errno);
    target.resize(static_cast<size_t>(size));
    return std::optional(std::move(target));
  }

  Result<std::string> RealPath(const std::string& path) override {
    CHandle<char, free> resolved(realpath(path.c_str(), nullptr));
    if (resolved == nullptr) return SystemError(StrCat("resolving ", path), errno);
    return std::string(resolved.get());
  }

  Result<> ReplaceSymlink(const std::string& path, const std::string& target) override {
    auto there = TRY(Inspect(path));
    if (there && there->type != FileInfo::Type::kSymlink) {
      return Error{ErrorCode::kIo, StrCat(path, " is in the way: it is no symbolic link"),
                   "move it elsewhere"};
    }
    // A name that nobody else uses: the folder may be an administrator's.
    size_t name = path.rfind('/') + 1;
    std::string temporary = StrCat(path.substr(0, name), ".", path.substr(name), ".ignite-new");
    if (unlink(temporary.c_str()) != 0 && errno != ENOENT)
      return SystemError(StrCat("removing ", temporary), errno);
    if (there && TRY(ReadLink(path)) == target) return SyncDirectory(ParentOf(path));
    // Where none is there is nothing to replace, and an interruption leaves nothing beside it.
    const std::string& made = there ? temporary : path;
    if (symlink(target.c_str(), made.c_str()) != 0)
      return SystemError(StrCat("linking ", made), errno);
    return there ? Rename(temporary, path) : SyncDirectory(ParentOf(path));
  }

  Result<Bytes> ReadCapabilities(const std::string& path) override {
    auto place = TRY(LongPath::Reach(path));
    if (!place) return SystemError(StrCat("reading the capabilities of ", path), ENOENT);
    Bytes value(64);
    ssize_t size =
        lgetxattr(place->Whole().c_str(), "security.capability", value.data(), value.size());
    if (size < 0 && errno != ENODATA && errno != ENOTSUP) {
      return SystemError(StrCat("reading the capabilities of ", path), errno);
    }
    value.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    return value;
  }

  Result<> MakeDirectories(const std::string& path, mode_t mode) override {
    if (path.empty() || path == "/") return {};
    struct stat status {};
    if (stat(path.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) return SyncName(path);
      return Error{ErrorCode::kIo, StrCat(path, " is in the way: it is no folder"),
                   "move it elsewhere"};
    }
    TRY(MakeDirectories(ParentOf(path), mode));
    if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
      return SystemError(StrCat("making the folder ", path), errno);
    if (chmod(path.c_str(), mode) != 0)
      return SystemError(StrCat("setting the mode of ", path), errno);
    return SyncDirectory(ParentOf(path));
  }

  Result<> Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0)
      return SystemError(StrCat("renaming ", from, " to ", to), errno);
    TRY(SyncDirectory(ParentOf(to)));
    if (ParentOf(from) != ParentOf(to)) TRY(SyncDirectory(ParentOf(from)));
    return {};
  }

  Result<> RemoveFile(const std::string& path) override {
    if (unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return SyncName(path);
    return SystemError(StrCat("removing ", path), errno);
  }

  Result<> RemoveTree(const std::string& path) override {
    TRY(TreeRemoval().Run(path));
    auto parent = TRY(Inspect(ParentOf(path)));
    bool is_folder = parent && parent->type == FileInfo::Type::kDirectory;
    return is_folder ? SyncDirectory(ParentOf(path)) : Result<>();
  }

  Result<std::vector<std::string>> List(const std::string& path) override {
    std::vector<std::string> names;
    auto place = TRY(LongPath::Reach(path));
    if (!place) return names;
    UniqueFd fd(openat(place->folder(), place->rest(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd && errno == ENOENT) return names;
    Directory entries(fd ? fdopendir(fd.get()) : nullptr);
    if (entries == nullptr) return SystemError(StrCat("listing ", path), errno);
    (void)fd.Release();
    errno = 0;
    while (const dirent* entry = readdir(entries.get())) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) return SystemError(StrCat("listing ", path), errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<> Reserve(const std::string& path, uint64_t bytes) override {
    UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return SystemError(StrCat("opening ", path), errno);
    auto length = static_cast<off_t>(bytes);
    bool sized = ftruncate(fd.get(), length) == 0;
    if (sized && (bytes == 0 || fallocate(fd.get(), 0, 0, length) == 0 || errno == EOPNOTSUPP))
      return {};
    Error error = SystemError(StrCat("reserving ", bytes, " bytes at ", path), errno);
    (void)unlink(path.c_str());
    return error;
  }

  Result<Space> SpaceAt(const std::string& path) override {
    std::string existing = path;
    struct stat status {};
    while (stat(existing.c_str(), &status) != 0) {
      if (existing == "/" || (errno != ENOENT && errno != ENOTDIR))
        return SystemError(StrCat("inspecting ", path), errno);
      existing = ParentOf(existing);
    }
    struct statvfs disk {};
    if (statvfs(existing.c_str(), &disk) != 0)
      return SystemError(StrCat("asking for free space at ", path), errno);
    // File systems without an inode table (btrfs) report none at all.
    uint64_t inodes = disk.f_files == 0 ? UINT64_MAX : disk.f_favail;
    return Space{disk.f_bavail * disk.f_frsize, inodes, status.st_dev};
  }

  Result<> SyncFolder(const std::string& path) override { return SyncDirectory(path); }
  Result<> SyncFileSystem(const std::string& path) override {
    UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return SystemError(StrCat("opening ", path), errno);
    if (syncfs(fd.get()) != 0)
      return SystemError(StrCat("syncing the file system of ", path), errno);
    return {};
  }

  Result<std::unique_ptr<TreeWriter>> CreateTree(const std::string& path) override {
    return PosixTreeWriter::Create(path);
  }
  Result<std::unique_ptr<TreeWriter>> EmptyTree(const std::string& path) override {
    TRY(TreeRemoval().RunInside(path));
    return PosixTreeWriter::Open(path);
  }
};

}  // namespace

std::unique_ptr<FileSystem> MakePosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

std::unique_ptr<InputFile> MakeInputFile(UniqueFd fd, std::string name) {
  return std::make_unique<PosixInputFile>(std::move(fd), std::move(name));
}

Result<> WriteAll(int fd, ByteView bytes, std::string_view what) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(StrCat("writing ", what), errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<size_t> ReadFully(int fd, std::span<std::byte> buffer, std::string_view what) {
  size_t filled = 0;
  while (filled < buffer.size()) {
    ssize_t got = read(fd, buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(StrCat("reading ", what), errno);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

std::string ParentOf(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

}  // namespace ignite
