#include "agent/boot/grub_boot.h"

#include <sstream>

#include "agent/boot/grub_environment.h"

namespace ignite::boot {

using engine::Slot;
using engine::SlotChoice;

namespace {
/// GRUB's own tool makes it with 1 KiB.
constexpr size_t kMaxBlock = 64 * 1024;
constexpr size_t kMaxCommandLine = 64 * 1024;
constexpr std::string_view kSlotOption = "ignite.slot=";
}  // namespace

GrubBoot::GrubBoot(std::string environment, std::string command_line, FileSystem& files)
    : environment_(std::move(environment)), command_line_(std::move(command_line)), files_(files) {}

Result<Slot> GrubBoot::Booted() {
  std::istringstream words(TRY(files_.ReadFile(command_line_, kMaxCommandLine)));
  for (std::string word; words >> word;) {
    if (!word.starts_with(kSlotOption)) continue;
    if (auto slot = engine::ParseSlot(word.substr(kSlotOption.size()))) return *slot;
  }
  return Error{ErrorCode::kNotFound,
               StrCat(command_line_, " names no slot: GRUB did not choose it by its counter"),
               "boot by an entry of 10_ignite, or set another backend in [boot] of agent.ini"};
}

Result<std::string> GrubBoot::ReadBlock() {
  auto block = files_.ReadFile(environment_, kMaxBlock);
  if (block || block.error().code != ErrorCode::kNotFound) return block;
  return std::move(block).error().WithRemedy(
      StrCat("mount what GRUB boots from, or make it with 'grub-editenv ", environment_,
             " create', or set grubenv in [boot] of agent.ini"));
}

Result<SlotChoice> GrubBoot::Read() {
  std::string block = TRY(ReadBlock());
  auto choice = ReadGrubChoice(block);
  if (!choice) return std::move(choice).error().With(environment_);
  return choice;
}

Result<> GrubBoot::Write(const SlotChoice& choice) {
  std::string block = TRY(ReadBlock());
  auto write = PlanGrubWrite(block, choice);
  if (!write) return std::move(write).error().With(environment_);
  return files_.Overwrite(environment_, write->offset, AsBytes(write->bytes));
}

}  // namespace ignite::boot
