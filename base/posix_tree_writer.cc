#include "base/posix_tree_writer.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/str_cat.h"
#include "base/write_with_holes.h"

namespace ignite {
namespace {

std::array<timespec, 2> Times(const FileTime& mtime) {
  timespec time{mtime.seconds, static_cast<long>(mtime.nanoseconds)};
  return {time, time};
}

}  // namespace

Result<std::unique_ptr<TreeWriter>> PosixTreeWriter::Create(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0) return SystemError(StrCat("making the folder ", path), errno);
  return Open(path);
}

Result<std::unique_ptr<TreeWriter>> PosixTreeWriter::Open(const std::string& path) {
  UniqueFd root(open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return SystemError(StrCat("opening ", path), errno);
  return std::unique_ptr<TreeWriter>(new PosixTreeWriter(std::move(root), path));
}

Error PosixTreeWriter::Failed(std::string_view doing, std::string_view path) const {
  return SystemError(StrCat(doing, " ", where_, "/", path), errno);
}

Result<UniqueFd> PosixTreeWriter::OpenBeneath(const std::string& path, uint64_t flags,
                                              uint64_t mode) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(static_cast<int>(syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how)));
  if (!fd) return Failed("opening", path);
  return fd;
}

Result<PosixTreeWriter::Place> PosixTreeWriter::Locate(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return Place{root_.get(), std::string(path)};
  if (std::string_view parent = path.substr(0, slash); !parent_ || parent != parent_path_) {
    parent_ = TRY(OpenBeneath(std::string(parent), O_PATH | O_DIRECTORY));
    parent_path_ = parent;
  }
  return Place{parent_.get(), std::string(path.substr(slash + 1))};
}

Result<> PosixTreeWriter::MakeDirectory(std::string_view path) {
  Place place = TRY(Locate(path));
  if (mkdirat(place.folder, place.name.c_str(), 0700) != 0)
    return Failed("making the folder", path);
  return {};
}

Result<> PosixTreeWriter::StartFile(std::string_view path) {
  Place place = TRY(Locate(path));
  file_path_ = path;
  file_size_ = 0;
  file_.Reset(openat(place.folder, place.name.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_) return Failed("creating", path);
  return {};
}

Result<> PosixTreeWriter::Write(ByteView bytes) {
  TRY(WriteWithHoles(file_.get(), file_size_, bytes, StrCat(where_, "/", file_path_)));
  file_size_ += bytes.size();
  return {};
}

Result<> PosixTreeWriter::FinishFile(const FileAttributes& attributes) {
  TRY(ApplyAttributes(file_.get(), attributes, file_path_));
  if (close(file_.Release()) != 0) return Failed("closing", file_path_);
  return {};
}

Result<> PosixTreeWriter::ApplyAttributes(int fd, const FileAttributes& attributes,
                                          std::string_view path) {
  // In this order: a change of owner clears setuid bits and capabilities.
  if (fchown(fd, attributes.uid, attributes.gid) != 0) return Failed("setting the owner of", path);
  if (fchmod(fd, attributes.mode) != 0) return Failed("setting the mode of", path);
  if (!attributes.capabilities.empty() &&
      fsetxattr(fd, "security.capability", attributes.capabilities.data(),
                attributes.capabilities.size(), 0) != 0) {
    return Failed("setting the capabilities of", path);
  }
  if (futimens(fd, Times(attributes.mtime).data()) != 0) return Failed("setting the time of", path);
  return {};
}

Result<> PosixTreeWriter::CopyFile(std::string_view path, std::string_view source,
                                   const FileAttributes& attributes) {
  UniqueFd from = TRY(OpenBeneath(std::string(source), O_RDONLY | O_NOFOLLOW));
  TRY(StartFile(path));
  if (ioctl(file_.get(), FICLONE, from.get()) != 0) {
    std::array<std::byte, 64 * 1024> buffer;
    while (size_t got = TRY(ReadFully(from.get(), buffer, source)))
      TRY(Write(ByteView(buffer).first(got)));
  }
  return FinishFile(attributes);
}

Result<> PosixTreeWriter::MakeHardLink(std::string_view path, std::string_view target) {
  UniqueFd from = TRY(OpenBeneath(std::string(target), O_PATH | O_NOFOLLOW));
  Place place = TRY(Locate(path));
  std::string descriptor = StrCat("/proc/self/fd/", from.get());
  if (linkat(AT_FDCWD, descriptor.c_str(), place.folder, place.name.c_str(), AT_SYMLINK_FOLLOW) !=
      0) {
    return Failed("linking", path);
  }
  return {};
}

Result<> PosixTreeWriter::MakeSymlink(std::string_view path, std::string_view target,
                                      const FileAttributes& attributes) {
  Place place = TRY(Locate(path));
  if (symlinkat(std::string(target).c_str(), place.folder, place.name.c_str()) != 0)
    return Failed("linking", path);
  if (fchownat(place.folder, place.name.c_str(), attributes.uid, attributes.gid,
               AT_SYMLINK_NOFOLLOW) != 0) {
    return Failed("setting the owner of", path);
  }
  if (utimensat(place.folder, place.name.c_str(), Times(attributes.mtime).data(),
                AT_SYMLINK_NOFOLLOW) != 0) {
    return Failed("setting the time of", path);
  }
  return {};
}

Result<> PosixTreeWriter::SetDirectoryAttributes(std::string_view path,
                                                 const FileAttributes& attributes) {
  UniqueFd folder =
      TRY(OpenBeneath(path.empty() ? "." : std::string(path), O_RDONLY | O_DIRECTORY));
  return ApplyAttributes(folder.get(), attributes, path);
}

}  // namespace ignite
