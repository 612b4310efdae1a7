#include "agent/engine/relative_link.h"

#include <algorithm>

namespace ignite::engine {

Result<std::string> RelativeTarget(FileSystem& files, const ProbePaths& paths,
                                   std::string_view folder, std::string_view target) {
  std::string root = TRY(files.RealPath(paths.Root()));
  if (root == "/") root.clear();
  std::string real = TRY(files.RealPath(paths.Host(folder)));
  if (!real.starts_with(root + "/")) {
    return Error{ErrorCode::kRefused, StrCat(folder, " leads out of the probe's root"),
                 "replace the symbolic link by a mount"};
  }
  std::string link;
  for (auto depth =
           std::count(real.begin() + static_cast<std::ptrdiff_t>(root.size()), real.end(), '/');
       depth > 0; --depth) {
    link += "../";
  }
  return link + std::string(target.substr(1));
}

}  // namespace ignite::engine
