#include "agent/init/container_deadline.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "agent/init/deadline.h"

namespace ignite::init {
namespace {

class ContainerTrial : public Trial {
 public:
  ContainerTrial(engine::Slot slot, uint32_t seconds, FileSystem& files)
      : slot_(slot), seconds_(seconds), files_(files) {}

  bool IsGood() override {
    auto file = files_.ReadFile(std::string(engine::kSlotFile), engine::kSlotFileBytes);
    auto record = file ? engine::ReadSlotFile(*file) : std::nullopt;
    return record && record->choice.good == slot_;
  }
  uint32_t DeadlineSeconds() override { return seconds_; }

 private:
  engine::Slot slot_;
  uint32_t seconds_;
  FileSystem& files_;
};

}  // namespace

Result<pid_t> StartDeadline(engine::Slot slot, uint32_t seconds) {
  pid_t child = fork();
  if (child < 0) return SystemError("forking the deadline of the trial", errno);
  if (child > 0) return child;

  (void)setsid();
  (void)prctl(PR_SET_NAME, "ignite-deadline");
  auto files = MakePosixFileSystem();
  auto clock = MakeSystemClock();
  ContainerTrial trial(slot, seconds, *files);
  auto waited = AwaitDeadline(trial, engine::ProbePaths("/"), *files, *clock);
  if (!waited) _exit(0);
  (void)std::fprintf(stderr, "ignite-init: nobody marked the slot on trial good in %u s\n",
                     *waited);
  RebootAtOnce(*clock);
  std::perror("ignite-init: rebooting");
  _exit(1);
}

}  // namespace ignite::init
