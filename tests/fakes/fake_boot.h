// A boot loader, and the machine that it boots, without either.
#pragma once

#include <optional>

#include "agent/engine/boot.h"
#include "base/reboot.h"

namespace ignite::fakes {

class FakeBoot : public engine::Boot, public Reboot {
 public:
  using Slot = engine::Slot;

  Result<Slot> Booted() override {
    if (fault_of_booted) return *fault_of_booted;
    return booted;
  }
  Result<std::optional<Slot>> Next() override {
    if (fault_of_next) return *fault_of_next;
    if (!tells_next) return std::optional<Slot>();
    return std::optional(tries > 0 ? OtherThan(good) : good);
  }
  Result<> SetTrial(Slot slot, int boots) override {
    good = OtherThan(slot);
    tries = boots;
    if (fault_of_trial) return *fault_of_trial;
    return fault ? Result<>(*fault) : Result<>();
  }
  Result<> MarkGood(Slot slot) override {
    if (fault) return *fault;
    good = slot;
    tries = 0;
    return {};
  }
  Result<> MarkBad(Slot slot) override {
    if (fault) return *fault;
    // Staging gives a slot up before it is told of a trial.
    if (fault_of_leaving && tries > 0) return *fault_of_leaving;
    good = OtherThan(slot);
    tries = 0;
    return {};
  }
  Result<> Request() override {
    ++requests;
    return {};
  }

  /// The machine boots, as the loader decides.
  void Start() {
    booted = tries > 0 ? OtherThan(good) : good;
    if (tries > 0) --tries;
  }

  Slot booted = Slot::kA;
  Slot good = Slot::kA;
  int tries = 0;
  bool tells_next = true;
  int requests = 0;  ///< Of a reboot.
  std::optional<Error> fault;
  std::optional<Error> fault_of_booted;
  std::optional<Error> fault_of_next;
  std::optional<Error> fault_of_trial;  ///< It is told all the same.
  std::optional<Error> fault_of_leaving;
};

}  // namespace ignite::fakes
