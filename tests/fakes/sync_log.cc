#include "tests/fakes/sync_log.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "base/str_cat.h"

namespace ignite::fakes {
namespace {

SyncLog* current = nullptr;

}  // namespace

SyncLog::SyncLog() { current = this; }
SyncLog::~SyncLog() { current = nullptr; }

void SyncLog::Note(int fd) {
  std::array<char, 4096> path{};
  ssize_t size = readlink(StrCat("/proc/self/fd/", fd).c_str(), path.data(), path.size());
  paths_.emplace_back(path.data(), static_cast<size_t>(size < 0 ? 0 : size));
}

}  // namespace ignite::fakes

/// Stands in front of the one of the C library.
extern "C" int fsync(int fd) {
  if (ignite::fakes::current != nullptr) ignite::fakes::current->Note(fd);
  return static_cast<int>(syscall(SYS_fsync, fd));
}
