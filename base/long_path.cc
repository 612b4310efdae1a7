#include "base/long_path.h"

#include <cerrno>
#include <climits>

#include "base/str_cat.h"

namespace ignite {
namespace {

/// With room for what Whole puts in front.
constexpr size_t kLongest = PATH_MAX - 32;

}  // namespace

Result<std::optional<LongPath>> LongPath::Reach(std::string path) {
  LongPath reached(std::move(path));
  while (reached.rest_.size() > kLongest) {
    size_t slash = reached.rest_.rfind('/', kLongest);
    if (slash == std::string::npos || slash == 0)
      return SystemError(StrCat("opening ", reached.rest_), ENAMETOOLONG);
    std::string front = reached.rest_.substr(0, slash);
    UniqueFd folder(openat(reached.folder(), front.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder && (errno == ENOENT || errno == ENOTDIR)) return std::optional<LongPath>();
    if (!folder) return SystemError(StrCat("opening ", front), errno);
    reached.folder_ = std::move(folder);
    reached.rest_.erase(0, slash + 1);
  }
  return std::optional(std::move(reached));
}

std::string LongPath::Whole() const {
  return folder_ ? StrCat("/proc/self/fd/", folder_.get(), "/", rest_) : rest_;
}

}  // namespace ignite
