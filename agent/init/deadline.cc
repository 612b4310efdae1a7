#include "agent/init/deadline.h"

#include <sys/prctl.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::init {
namespace {

/// Without a sign of progress for so long there is none.
constexpr uint32_t kPatienceSeconds = 60;
constexpr uint32_t kMostDeadlines = 4;

void SleepUntil(const timespec& end) {
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) == EINTR) {
  }
}

/// Not where the file cannot be read: an unknown slot is none that somebody marked good.
bool IsGood(engine::Slot slot) {
  auto file =
      MakePosixFileSystem()->ReadFile(std::string(engine::kSlotFile), engine::kSlotFileBytes);
  auto record = file ? engine::ReadSlotFile(*file) : std::nullopt;
  return record && record->choice.good == slot;
}

/// What changes with every sign of progress that a recovery or a trial gives. Not the time of the
/// file alone: nobody knows what the clock does.
struct Sign {
  uint64_t inode = 0;
  FileTime mtime;
  bool operator==(const Sign&) const = default;
};

Sign Look() {
  auto info = MakePosixFileSystem()->Inspect(engine::ProbePaths("/").Progress());
  return info && *info ? Sign{(*info)->inode, (*info)->mtime} : Sign{};
}

/// Whether the deadline ends the trial; `waited` seconds of it, then. It is put off as long as
/// there is progress, but not for ever.
bool WaitForEnd(engine::Slot slot, uint32_t seconds, uint32_t& waited) {
  timespec end{};
  (void)clock_gettime(CLOCK_MONOTONIC, &end);
  const uint32_t patience = std::min(seconds, kPatienceSeconds);
  end.tv_sec += seconds - patience;
  waited = seconds - patience;
  SleepUntil(end);
  for (Sign before = Look();;) {
    end.tv_sec += patience;
    waited += patience;
    SleepUntil(end);
    if (IsGood(slot)) return false;
    Sign now = Look();
    if (now == before || waited >= kMostDeadlines * seconds) return true;
    before = now;
  }
}

}  // namespace

Result<pid_t> StartDeadline(engine::Slot slot, uint32_t seconds) {
  pid_t child = fork();
  if (child < 0) return SystemError("forking the deadline of the trial", errno);
  if (child > 0) return child;

  (void)setsid();
  (void)prctl(PR_SET_NAME, "ignite-deadline");
  uint32_t waited = 0;
  if (!WaitForEnd(slot, seconds, waited)) _exit(0);
  (void)std::fprintf(stderr, "ignite-init: nobody marked the slot on trial good in %u s\n", waited);
  sync();
  (void)reboot(RB_AUTOBOOT);
  std::perror("ignite-init: rebooting");
  _exit(1);
}

}  // namespace ignite::init
