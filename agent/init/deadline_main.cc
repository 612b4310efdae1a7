// ignite-deadline: on a box whose GRUB entered a slot on trial it keeps the deadline of that trial.
// It counts on nothing that a broken system may lack: no library, no other program, no bus, and of
// agent.ini on no more than it needs.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "agent/boot/grub_boot.h"
#include "agent/engine/settings.h"
#include "agent/init/deadline.h"
#include "base/ini.h"

namespace ignite::init {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kMaxSettings = 1024 * 1024;
/// For the services of a box to stop. No longer than the deadline itself.
constexpr uint32_t kShutdownSeconds = 300;

/// What of [boot] is there and accepted; faults elsewhere are the agent's business.
engine::Settings ReadSettings(const engine::ProbePaths& paths, FileSystem& files) {
  engine::Settings settings;
  auto text = files.ReadFile(paths.Settings(), kMaxSettings);
  if (!text) return settings;
  IniFile file = ParseIni(*text);
  const IniSection* section = file.Find("boot");
  if (section == nullptr) return settings;
  const IniEntry* grubenv = section->Find("grubenv");
  if (grubenv != nullptr && grubenv->value.starts_with('/')) settings.grubenv = grubenv->value;
  const IniEntry* entry = section->Find("deadline");
  auto deadline = entry == nullptr ? std::nullopt : ParseDuration(entry->value);
  if (deadline && engine::IsBootDeadline(milliseconds(*deadline)))
    settings.boot_deadline = milliseconds(*deadline);
  return settings;
}

class BoxTrial : public Trial {
 public:
  BoxTrial(engine::Slot slot, const engine::ProbePaths& paths, FileSystem& files)
      : slot_(slot), paths_(paths), files_(files) {}

  bool IsGood() override {
    std::string grubenv = paths_.Host(ReadSettings(paths_, files_).grubenv);
    auto good = boot::GrubBoot(grubenv, "", files_).Good();
    return good && *good == slot_;
  }
  uint32_t DeadlineSeconds() override {
    milliseconds deadline = ReadSettings(paths_, files_).boot_deadline;
    return static_cast<uint32_t>(std::chrono::duration_cast<seconds>(deadline).count());
  }

 private:
  engine::Slot slot_;
  const engine::ProbePaths& paths_;
  FileSystem& files_;
};

/// As `systemctl reboot` would, which may be what is missing.
void AskSystemdToReboot() { (void)kill(1, SIGRTMIN + 5); }

int Main() {
  auto files = MakePosixFileSystem();
  auto clock = MakeSystemClock();
  const engine::ProbePaths paths("/");
  auto slot = boot::GrubBoot("", paths.Host("/proc/cmdline"), *files).Booted();
  if (!slot) {
    (void)std::fprintf(stderr, "ignite-deadline: %s\n", slot.error().ToString().c_str());
    return 1;
  }
  BoxTrial trial(*slot, paths, *files);
  auto waited = AwaitDeadline(trial, paths, *files, *clock);
  if (!waited) return 0;
  (void)std::fprintf(stderr, "ignite-deadline: nobody marked the slot on trial good in %u s\n",
                     *waited);
  AskSystemdToReboot();
  clock->Sleep(seconds(std::min(trial.DeadlineSeconds(), kShutdownSeconds)));
  RebootAtOnce(*clock);
  std::perror("ignite-deadline: rebooting");
  return 1;
}

}  // namespace
}  // namespace ignite::init

int main() { return ignite::init::Main(); }
