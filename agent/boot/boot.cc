#include "agent/boot/boot.h"

#include "agent/boot/command_boot.h"
#include "agent/boot/container_boot.h"
#include "agent/boot/grub_boot.h"

namespace ignite::boot {
namespace {

using engine::BootBackend;
using engine::Slot;

/// A probe whose OS is updated by other means.
class NoBoot : public engine::Boot {
 public:
  Result<Slot> Booted() override { return Refusal(); }
  Result<std::optional<Slot>> Next() override { return Refusal(); }
  Result<> SetTrial(Slot, int) override { return Refusal(); }
  Result<> MarkGood(Slot) override { return Refusal(); }
  Result<> MarkBad(Slot) override { return Refusal(); }

 private:
  static Error Refusal() {
    return {ErrorCode::kUnsupported, "this probe has no slots for an operating system",
            "where it has two, name them and a backend in [boot] of agent.ini"};
  }
};

}  // namespace

std::unique_ptr<engine::Boot> MakeBoot(const engine::Settings& settings,
                                       const engine::ProbePaths& paths, FileSystem& files,
                                       Process& process) {
  switch (settings.boot) {
    case BootBackend::kGrub:
      return std::make_unique<GrubBoot>(paths.Host(settings.grubenv), paths.Host("/proc/cmdline"),
                                        files);
    case BootBackend::kContainer:
      return std::make_unique<ContainerBoot>(paths, settings.boot_deadline, files);
    case BootBackend::kCommand:
      return std::make_unique<CommandBoot>(settings.boot_command, paths.Root(), process);
    case BootBackend::kNone:
      break;
  }
  return std::make_unique<NoBoot>();
}

}  // namespace ignite::boot
