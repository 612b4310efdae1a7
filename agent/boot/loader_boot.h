// A back end whose loader keeps a SlotChoice: what the verbs of Boot mean for it.
#pragma once

#include "agent/engine/boot.h"
#include "agent/engine/slot_choice.h"
#include "base/str_cat.h"

namespace ignite::boot {

inline Result<> CheckTries(int tries) {
  if (tries >= engine::kMinTries && tries <= engine::kMaxTries) return {};
  return Error{ErrorCode::kInvalidArgument, StrCat("a trial of ", tries, " boots"),
               StrCat("give it ", engine::kMinTries, " to ", engine::kMaxTries)};
}

class LoaderBoot : public engine::Boot {
 public:
  Result<std::optional<engine::Slot>> Next() final {
    return std::optional<engine::Slot>(TRY(Read()).Next());
  }
  /// The slot that is entered where none is on trial.
  Result<engine::Slot> Good() { return TRY(Read()).good; }
  Result<> SetTrial(engine::Slot slot, int tries) final {
    TRY(CheckTries(tries));
    return Write(engine::SlotChoice::Trial(slot, tries));
  }
  Result<> MarkGood(engine::Slot slot) final { return Write({slot, 0}); }
  Result<> MarkBad(engine::Slot slot) final { return Write({OtherThan(slot), 0}); }

 private:
  virtual Result<engine::SlotChoice> Read() = 0;
  /// Durable, and under a power cut the old choice, the new one or the good slot.
  virtual Result<> Write(const engine::SlotChoice& choice) = 0;
};

}  // namespace ignite::boot
