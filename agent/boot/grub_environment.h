// The block of variables that GRUB keeps across boots, grubenv: a first line, lines NAME=VALUE, and
// '#' up to the end of its fixed size.
//
// What GRUB knows of the slots is one variable with a value of one byte, so that each change is a
// change of one byte: there is nothing about it that a power cut could tear, be it under our write
// or under GRUB's own. Its values are those of systemd/grub.d/10_ignite:
//
//   a, b     the slot that is booted
//   1 .. 9   slot b is on trial for so many boots, then slot a is booted
//   A .. I   slot a is on trial for 1 .. 9 boots, then slot b is booted
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/engine/slot_choice.h"
#include "base/result.h"

namespace ignite::boot {

constexpr std::string_view kGrubVariable = "ignite_boot";

/// What GRUB would make of a block: the default where the variable is missing or has a value that
/// it does not know. kCorrupt where it takes the file for no block at all.
Result<engine::SlotChoice> ReadGrubChoice(std::string_view block);

/// The bytes that put `choice` into a block, and their place in it. One byte changes where the
/// variable is there; other variables keep theirs, and a line that was cut off goes. kNoSpace where
/// the block is full, kCorrupt where it is none or someone gave the variable a longer value.
struct GrubWrite {
  uint64_t offset = 0;
  std::string bytes;
};
Result<GrubWrite> PlanGrubWrite(std::string_view block, const engine::SlotChoice& choice);

}  // namespace ignite::boot
