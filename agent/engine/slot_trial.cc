#include "agent/engine/slot_trial.h"

namespace ignite::engine {
namespace {

/// Of the boots that a new operating system has to become healthy in.
constexpr int kTries = 3;

}  // namespace

Result<std::optional<Slot>> SlotTrial::Of(const Plan& plan) const {
  for (const Change& change : plan.changes) {
    Handler* handler = parts_.handlers.Find(change.any().type);
    if (handler == nullptr) continue;
    if (auto slot = TRY(handler->SlotFor(change))) return slot;
  }
  return std::optional<Slot>();
}

Result<SlotTrial::Standing> SlotTrial::StandingOf(const Plan& plan, bool was_set,
                                                  bool is_boot) const {
  auto slot = TRY(Of(plan));
  if (!slot || TRY(parts_.boot.Booted()) == *slot) return Standing::kRuns;
  if (!was_set) return Standing::kIsToBeSet;
  // Who cannot tell is believed to have had its chance with the boot.
  auto next = TRY(parts_.boot.Next());
  bool waits = next ? *next == *slot : !is_boot;
  return waits ? Standing::kWaits : Standing::kFellBack;
}

Result<> SlotTrial::Enter(const Plan& plan) {
  auto slot = TRY(Of(plan));
  return slot ? parts_.boot.SetTrial(*slot, kTries) : Result<>();
}

Result<> SlotTrial::Keep(const Plan& plan) {
  auto slot = TRY(Of(plan));
  return slot ? parts_.boot.MarkGood(*slot) : Result<>();
}

Result<bool> SlotTrial::Leave(const Plan& plan) {
  auto slot = TRY(Of(plan));
  if (!slot) return false;
  TRY(parts_.boot.MarkBad(*slot));
  return TRY(parts_.boot.Booted()) == *slot;
}

}  // namespace ignite::engine
