// The back end for boxes that GRUB boots with systemd/grub.d/10_ignite.
#pragma once

#include <string>

#include "agent/boot/loader_boot.h"
#include "base/file_system.h"

namespace ignite::boot {

class GrubBoot : public LoaderBoot {
 public:
  /// Paths of the host: GRUB's environment block, and the kernel's command line.
  GrubBoot(std::string environment, std::string command_line, FileSystem& files);

  Result<engine::Slot> Booted() override;

 private:
  Result<std::string> ReadBlock();
  Result<engine::SlotChoice> Read() override;
  Result<> Write(const engine::SlotChoice& choice) override;

  std::string environment_;
  std::string command_line_;
  FileSystem& files_;
};

}  // namespace ignite::boot
