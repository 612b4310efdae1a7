#include "agent/engine/slot_trial.h"

#include "agent/engine/boot_id.h"

namespace ignite::engine {
namespace {

/// Of the boots that a new operating system has to become healthy in.
constexpr int kTries = 3;

}  // namespace

Result<SlotTrial::Standing> SlotTrial::StandingOf(const Plan& plan, bool was_set,
                                                  bool is_boot) const {
  if (!plan.slot || TRY(parts_.boot.Booted()) == *plan.slot) return Standing::kRuns;
  if (!was_set) return Standing::kIsToBeSet;
  auto next = TRY(parts_.boot.Next());
  if (next && *next == *plan.slot) return Standing::kWaits;
  std::string boot = BootId(parts_.files, parts_.paths);
  bool is_known = !plan.boot.empty() && !boot.empty();
  // A loader gives it up at a boot alone: in this one somebody else has changed what it knows.
  if (is_known && plan.boot == boot) return next ? Standing::kIsToBeSet : Standing::kWaits;
  // Who cannot tell is believed to have had its chance with the boot.
  bool waits = !next && !is_known && !is_boot;
  return waits ? Standing::kWaits : Standing::kFellBack;
}

Result<> SlotTrial::Enter(const Plan& plan) {
  return plan.slot ? parts_.boot.SetTrial(*plan.slot, kTries) : Result<>();
}

Result<> SlotTrial::Keep(const Plan& plan) {
  return plan.slot ? parts_.boot.MarkGood(*plan.slot) : Result<>();
}

Result<bool> SlotTrial::Leave(const Plan& plan) {
  if (!plan.slot) return false;
  TRY(parts_.boot.MarkBad(*plan.slot));
  return TRY(parts_.boot.Booted()) == *plan.slot;
}

}  // namespace ignite::engine
