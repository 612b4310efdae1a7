#include "packager/bundle_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/unique_fd.h"
#include "payload-format/container/layout.h"
#include "payload-format/output_bundle.h"

namespace ignite::packager {
namespace {

/// A file that begins as bundles do; nothing is verified.
bool LooksLikeBundle(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::array<unsigned char, format::kMagic.size()> magic{};
  return fd &&
         pread(fd.get(), magic.data(), magic.size(), format::kTarBlock) ==
             static_cast<ssize_t>(magic.size()) &&
         magic == format::kMagic;
}

}  // namespace

Result<BundleFile> OpenBundle(const std::string& path) {
  std::string name = Printable(path);
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) {
    return Error{ErrorCode::kInvalidArgument, SystemError(StrCat("opening ", name), errno).cause,
                 "give the path of a bundle that you may read"};
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kInvalidArgument, StrCat("'", name, "' is no regular file"),
                 "give the path of a bundle"};
  }
  if (status.st_size == 0) {
    return Error{ErrorCode::kCorrupt, StrCat("'", name, "' is empty"),
                 "upload or build the bundle again"};
  }
  return BundleFile{MakeInputFile(std::move(fd), path), static_cast<uint64_t>(status.st_size)};
}

Result<> CheckReplaceable(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};  // Whoever writes tells what else is wrong.
  if (S_ISREG(status.st_mode) && (status.st_size == 0 || LooksLikeBundle(path))) return {};
  return Error{ErrorCode::kInvalidArgument,
               StrCat("'", Printable(path), "' exists already and is no bundle"),
               "only a bundle is overwritten: choose another name, or move it away first"};
}

Result<> CheckNewName(const std::string& bundle, const std::string& output) {
  struct stat status {};
  if (lstat(output.c_str(), &status) == 0) {
    return Error{ErrorCode::kRefused, StrCat("'", Printable(output), "' exists already"),
                 "it is never overwritten: choose another name, or move it away first"};
  }
  if (!IsUnfinishedBundle(bundle, output)) return {};
  return Error{ErrorCode::kRefused,
               StrCat("'", Printable(output), format::kUnfinishedSuffix,
                      "', where the new bundle would be written, is the bundle itself"),
               "choose another name for the new one"};
}

bool IsUnfinishedBundle(const std::string& file, const std::string& output) {
  struct stat one {};
  struct stat other {};
  return stat(file.c_str(), &one) == 0 &&
         stat(StrCat(output, format::kUnfinishedSuffix).c_str(), &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace ignite::packager
