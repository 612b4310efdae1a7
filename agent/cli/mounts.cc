#include "agent/cli/mounts.h"

#include <sstream>

#include "base/str_cat.h"

namespace ignite::cli {
namespace {

constexpr size_t kMaxMounts = 4 * 1024 * 1024;

/// The kernel writes blanks and line ends as three octal digits.
std::string Unescape(std::string_view word) {
  std::string text;
  for (size_t i = 0; i < word.size(); ++i) {
    bool is_escape = word[i] == '\\' && i + 3 < word.size();
    if (!is_escape) {
      text += word[i];
      continue;
    }
    text +=
        static_cast<char>((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0'));
    i += 3;
  }
  return text;
}

bool IsReadOnly(std::string_view options) { return StrCat(options, ",").starts_with("ro,"); }

bool IsAbove(const std::string& folder, const std::string& path) {
  return folder == "/" || StrCat(path, "/").starts_with(StrCat(folder, "/"));
}

/// The path of a path of the mount in its file system.
std::string PlaceOnDisk(const Mount& mount, const std::string& path) {
  std::string below = mount.place == "/" ? path : path.substr(mount.place.size());
  if (below == "/") below.clear();
  if (mount.root != "/") return mount.root + below;
  return below.empty() ? "/" : below;
}

}  // namespace

Mounts::Mounts(std::string_view mountinfo) {
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id;
    std::string parent;
    std::string options;
    std::string word;
    Mount mount;
    words >> id >> parent >> mount.device >> mount.root >> mount.place >> options;
    // Some more words, as many as there are, end with a dash.
    while (words >> word && word != "-") {
    }
    std::string source;
    std::string options_of_disk;
    words >> mount.type >> source >> options_of_disk;
    mount.root = Unescape(mount.root);
    mount.place = Unescape(mount.place);
    mount.read_only = IsReadOnly(options) || IsReadOnly(options_of_disk);
    mounts_.push_back(std::move(mount));
  }
}

Result<Mounts> Mounts::Read(FileSystem& files) {
  return Mounts(TRY(files.ReadFile("/proc/self/mountinfo", kMaxMounts)));
}

Mount Mounts::Of(const std::string& path) const {
  Mount found;
  for (const Mount& mount : mounts_) {
    if (IsAbove(mount.place, path) && mount.place.size() >= found.place.size()) found = mount;
  }
  return found;
}

bool Mounts::LiesIn(const std::string& path, const std::string& folder) const {
  Mount of_path = Of(path);
  Mount of_folder = Of(folder);
  return of_path.device == of_folder.device &&
         IsAbove(PlaceOnDisk(of_folder, folder), PlaceOnDisk(of_path, path));
}

}  // namespace ignite::cli
