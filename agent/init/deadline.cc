#include "agent/init/deadline.h"

#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace ignite::init {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Without a sign of progress for so long there is none.
constexpr uint32_t kPatienceSeconds = 60;
constexpr uint32_t kMostDeadlines = 4;
constexpr seconds kSyncPatience{10};

/// What changes with every sign of progress that a recovery or a trial gives. Not the time of the
/// file alone: nobody knows what the clock does.
struct Sign {
  uint64_t inode = 0;
  FileTime mtime;
  bool operator==(const Sign&) const = default;
};

Sign Look(const engine::ProbePaths& paths, FileSystem& files) {
  auto info = files.Inspect(paths.Progress());
  return info && *info ? Sign{(*info)->inode, (*info)->mtime} : Sign{};
}

}  // namespace

std::optional<uint32_t> AwaitDeadline(Trial& trial, const engine::ProbePaths& paths,
                                      FileSystem& files, Clock& clock) {
  Sign last = Look(paths, files);
  uint32_t last_seen = 0;
  for (uint32_t waited = 1;; ++waited) {
    clock.Sleep(seconds(1));
    if (trial.IsGood()) return std::nullopt;
    Sign now = Look(paths, files);
    if (now != last) last_seen = waited;
    last = now;
    const uint32_t deadline = trial.DeadlineSeconds();
    const bool is_quiet = waited - last_seen >= std::min(deadline, kPatienceSeconds);
    if (waited >= deadline && (is_quiet || waited >= kMostDeadlines * deadline)) return waited;
  }
}

void RebootAtOnce(Clock& clock) {
  // Aside, for it may never end.
  pid_t child = fork();
  if (child == 0) {
    sync();
    _exit(0);
  }
  constexpr milliseconds kStep{50};
  for (milliseconds waited{0}; child > 0 && waited < kSyncPatience; waited += kStep) {
    if (waitpid(child, nullptr, WNOHANG) != 0) break;
    clock.Sleep(kStep);
  }
  (void)reboot(RB_AUTOBOOT);
}

}  // namespace ignite::init
