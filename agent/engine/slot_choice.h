// What a loader of ours knows of the two slots, and what follows from it at a boot. Shared by the
// agent and ignite-init; grub.d/10_ignite does the same in the language of GRUB.
#pragma once

#include "agent/engine/boot.h"

namespace ignite::engine {

struct SlotChoice {
  Slot good = Slot::kA;  ///< Also where a loader knows nothing yet.
  int tries = 0;         ///< How many boots of the other slot are still to be tried.

  bool operator==(const SlotChoice&) const = default;

  static SlotChoice Trial(Slot slot, int tries) { return {OtherThan(slot), tries}; }

  Slot Next() const { return tries > 0 ? OtherThan(good) : good; }
  /// What must be durable before Next() is entered.
  SlotChoice AfterBoot() const { return {good, tries > 0 ? tries - 1 : 0}; }
};

}  // namespace ignite::engine
