// The file in which containers keep what their loader knows: ignite-init reads it before anything
// else runs and counts a trial down in it, the agent says there which slot is good.
//
// It holds two copies, each in a block of its own, numbered and with a checksum. A write goes over
// the older copy, so that wherever it is torn the newer one still stands. Text, for whoever looks
// at it by night; SlotRecord's fields in a fixed order:
//
//   ignite slots 1: write 12, good a, tries 3, deadline 1800 s, sum 8f1d6c02a5b90e7d
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/engine/slot_choice.h"

namespace ignite::engine {

/// Beside the two slots, which are the folders a and b: a container has these below its own root
/// and below that of either slot.
constexpr std::string_view kSlotsFolder = "/slots";
constexpr std::string_view kSlotFile = "/slots/state";
/// The slot that was entered, "a" or "b" and a line end, for as long as the container runs.
constexpr std::string_view kEnteredSlot = "/run/ignite-init/slot";

constexpr size_t kSlotCopyBytes = 4096;
constexpr size_t kSlotFileBytes = 2 * kSlotCopyBytes;
constexpr uint32_t kMaxDeadlineSeconds = 604'800;

struct SlotRecord {
  SlotChoice choice;
  uint32_t deadline_seconds = 0;  ///< A trial that is not marked good by then is rebooted.

  bool operator==(const SlotRecord&) const = default;
};

/// The newer of the copies that are whole; nullopt where none is.
std::optional<SlotRecord> ReadSlotFile(std::string_view file);

/// The bytes that make `record` the newer copy of a file, and their place in it.
struct SlotWrite {
  uint64_t offset = 0;
  std::string bytes;
};
SlotWrite NextSlotWrite(std::string_view file, const SlotRecord& record);

/// A file that holds nothing but `record`.
std::string NewSlotFile(const SlotRecord& record);

}  // namespace ignite::engine
