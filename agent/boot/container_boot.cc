#include "agent/boot/container_boot.h"

#include "agent/engine/slot_file.h"

namespace ignite::boot {

using engine::Slot;
using engine::SlotChoice;

ContainerBoot::ContainerBoot(const engine::ProbePaths& paths, std::chrono::milliseconds deadline,
                             FileSystem& files)
    : state_(paths.Host(engine::kSlotFile)),
      entered_(paths.Host(engine::kEnteredSlot)),
      deadline_seconds_(static_cast<uint32_t>(
          std::chrono::duration_cast<std::chrono::seconds>(deadline).count())),
      files_(files) {}

Result<Slot> ContainerBoot::Booted() {
  constexpr size_t kLimit = 16;
  auto entered = files_.ReadFile(entered_, kLimit);
  if (entered && entered->ends_with('\n')) entered->pop_back();
  auto slot = entered ? engine::ParseSlot(*entered) : std::nullopt;
  if (slot) return *slot;
  Error error = entered ? Error{ErrorCode::kCorrupt, StrCat(entered_, " names no slot"), ""}
                        : std::move(entered).error();
  return std::move(error).WithRemedy(
      "let the container begin with ignite-init, or set another backend in [boot] of agent.ini");
}

Result<std::string> ContainerBoot::ReadFile() {
  auto file = files_.ReadFile(state_, engine::kSlotFileBytes);
  if (!file && file.error().code == ErrorCode::kNotFound) return std::string();
  return file;
}

Result<SlotChoice> ContainerBoot::Read() {
  std::string file = TRY(ReadFile());
  auto record = engine::ReadSlotFile(file);
  // Neither can ignite-init read it then, and it takes the default, too.
  return record ? record->choice : SlotChoice{};
}

Result<> ContainerBoot::Write(const SlotChoice& choice) {
  engine::SlotRecord record{choice, deadline_seconds_};
  std::string file = TRY(ReadFile());
  if (file.size() != engine::kSlotFileBytes) {
    return files_.WriteAtomically(state_, AsBytes(engine::NewSlotFile(record)), 0644);
  }
  engine::SlotWrite write = engine::NextSlotWrite(file, record);
  return files_.Overwrite(state_, write.offset, AsBytes(write.bytes));
}

}  // namespace ignite::boot
