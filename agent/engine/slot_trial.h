// What a transaction asks of the boot loader, where it changes the operating system: the slot is
// entered on trial, kept with the commit, and left where the transaction is taken back. A plan that
// leaves the operating system as it is asks nothing.
#pragma once

#include "agent/engine/parts.h"
#include "agent/engine/plan.h"

namespace ignite::engine {

class SlotTrial {
 public:
  explicit SlotTrial(const Parts& parts) : parts_(parts) {}

  enum class Standing : uint8_t {
    kRuns,       ///< The plan's operating system runs, or it changes none.
    kIsToBeSet,  ///< The loader knows nothing of it yet.
    kWaits,      ///< The next boot enters it.
    kFellBack,   ///< The loader gave it up.
  };
  /// `was_set`: Enter has been called, and returned. `is_boot`: somebody says that this probe has
  /// just booted, which counts where no boot id tells.
  Result<Standing> StandingOf(const Plan& plan, bool was_set, bool is_boot) const;

  /// The next boots enter the slot of the plan, a few of them.
  Result<> Enter(const Plan& plan);
  /// All further boots do.
  Result<> Keep(const Plan& plan);
  /// None does. Whether the slot runs now, so that the probe must reboot to leave it.
  Result<bool> Leave(const Plan& plan);

 private:
  const Parts& parts_;
};

}  // namespace ignite::engine
