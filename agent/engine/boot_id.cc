#include "agent/engine/boot_id.h"

#include <sstream>

#include "base/str_cat.h"

namespace ignite::engine {
namespace {

constexpr size_t kMaxBytes = 4096;
/// Of /proc/1/stat behind the name of the process, which may hold anything: see proc(5), field 22.
constexpr int kStart = 20;

}  // namespace

std::string BootId(FileSystem& files, const ProbePaths& paths) {
  auto id = files.ReadFile(paths.Host("/proc/sys/kernel/random/boot_id"), kMaxBytes);
  auto first = files.ReadFile(paths.Host("/proc/1/stat"), kMaxBytes);
  if (!id || !first) return {};
  std::istringstream numbers(first->substr(first->rfind(')') + 1));
  std::string start;
  for (int word = 0; word < kStart; ++word) numbers >> start;
  return numbers ? StrCat(id->substr(0, id->find('\n')), "/", start) : std::string();
}

}  // namespace ignite::engine
