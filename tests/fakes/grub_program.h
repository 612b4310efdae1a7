// The real GRUB, built as a program of this machine (Debian's grub-emu), on a disk image with its
// folder, and with what systemd/grub.d/10_ignite prints as its configuration.
#pragma once

#include <string>
#include <vector>

#include "base/process.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::fakes {

/// A block of GRUB's variables with these lines.
std::string MakeGrubBlock(std::string lines);

struct GrubBoot {
  std::string block;  ///< GRUB's variables behind it.
  std::string
      command_line;       ///< Of the kernel that it would have started; empty where there was none.
  std::string partition;  ///< Which had that kernel.
  std::string screen;     ///< All that it said.
};

class GrubProgram {
 public:
  GrubProgram();

  /// One boot with these variables. Kernels of the slots in `broken` cannot be loaded.
  GrubBoot Boot(const std::string& block, const std::string& broken = "");
  /// What 10_ignite printed.
  const std::string& menu() const { return menu_; }

 private:
  std::string Run(std::vector<std::string> arguments, std::vector<std::string> environment = {});
  void Write(const std::string& name, const std::string& text);

  TemporaryDirectory folder_;
  std::unique_ptr<Process> process_ = MakeSystemProcess();
  std::string menu_;
};

}  // namespace ignite::fakes
