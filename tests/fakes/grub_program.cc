#include "tests/fakes/grub_program.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/fakes/must.h"

namespace ignite::fakes {
namespace {

constexpr size_t kBlockBytes = 1024;
constexpr size_t kDiskBytes = 2 << 20;

/// There is no kernel to be started: this says what would be.
constexpr std::string_view kBefore = R"(
set root=hd0
set prefix=(hd0)/grub
set timeout=0
function linux {
  for word in "$@"; do
    if [ "$word" = "ignite.slot=$broken" ]; then false; return; fi
  done
  echo "<partition $root>"
  for word in "$@"; do echo "<word $word>"; done
  set loaded=yes
}
function initrd {
  if [ -n "$loaded" ]; then reboot; fi
}
)";

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string MakeGrubBlock(std::string lines) {
  lines.insert(0, "# GRUB Environment Block\n");
  lines.resize(kBlockBytes, '#');
  return lines;
}

GrubProgram::GrubProgram() {
  Write("disk", std::string(kDiskBytes, '\0'));
  Write("device.map", "(hd0) " + folder_ / "disk" + "\n");
  std::filesystem::create_directories(folder_ / "etc/default");
  Write("etc/default/ignite-grub",
        "IGNITE_PARTITION_A=gpt3\nIGNITE_ROOT_A=PARTLABEL=rootfs-a\n"
        "IGNITE_PARTITION_B=gpt4\nIGNITE_ROOT_B=PARTLABEL=rootfs-b\n");
  Run({"/usr/sbin/mkfs.vfat", folder_ / "disk"});
  Run({"mmd", "-i", folder_ / "disk", "::/grub"});
  menu_ = Run({IGNITE_SOURCE_DIR "/systemd/grub.d/10_ignite"},
              {"sysconfdir=" + folder_ / "etc", "GRUB_CMDLINE_LINUX=console=ttyS0"});
}

GrubBoot GrubProgram::Boot(const std::string& block, const std::string& broken) {
  Write("grubenv", block);
  Run({"mcopy", "-o", "-i", folder_ / "disk", folder_ / "grubenv", "::/grub/grubenv"});
  Write("grub.cfg", "set broken=" + broken + std::string(kBefore) + menu_);
  GrubBoot boot;
  boot.screen = Run({"grub-emu", "-m", folder_ / "device.map", "-d", folder_.path()});
  // Its terminal has 80 columns and colours.
  boot.screen = std::regex_replace(boot.screen, std::regex("\x1b\\[[0-9;]*[A-Za-z]|[\r\n]"), "");
  std::regex word("<(word|partition) ([^>]*)>");
  for (std::sregex_iterator found(boot.screen.begin(), boot.screen.end(), word), end; found != end;
       ++found) {
    if ((*found)[1] == "partition") {
      boot.partition = (*found)[2];
      boot.command_line.clear();
    } else {
      boot.command_line += (*found)[2].str() + " ";
    }
  }
  Run({"mcopy", "-n", "-o", "-i", folder_ / "disk", "::/grub/grubenv", folder_ / "grubenv"});
  boot.block = Read(folder_ / "grubenv");
  return boot;
}

std::string GrubProgram::Run(std::vector<std::string> arguments,
                             std::vector<std::string> environment) {
  Command command;
  command.arguments = std::move(arguments);
  command.environment = std::move(environment);
  command.environment.emplace_back("MTOOLS_SKIP_CHECK=1");
  Outcome outcome = Must(process_->Run(command));
  Must(CheckOutcome(command, outcome));
  return outcome.output;
}

void GrubProgram::Write(const std::string& name, const std::string& text) {
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

}  // namespace ignite::fakes
