#include "agent/init/deadline.h"

#include <sys/prctl.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/file_system.h"

namespace ignite::init {
namespace {

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

}  // namespace

Result<pid_t> StartDeadline(engine::Slot slot, uint32_t seconds) {
  timespec end{};
  (void)clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += seconds;
  pid_t child = fork();
  if (child < 0) return SystemError("forking the deadline of the trial", errno);
  if (child > 0) return child;

  (void)setsid();
  (void)prctl(PR_SET_NAME, "ignite-deadline");
  SleepUntil(end);
  if (IsGood(slot)) _exit(0);
  (void)std::fprintf(stderr, "ignite-init: nobody marked the slot on trial good in %u s\n",
                     seconds);
  sync();
  (void)reboot(RB_AUTOBOOT);
  std::perror("ignite-init: rebooting");
  _exit(1);
}

}  // namespace ignite::init
