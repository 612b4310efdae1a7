// The engine's view of the boot loader: which of two slots runs, and which one comes next. Back
// ends lie in agent/boot.
//
// A slot is set for trial and the probe is rebooted. The loader counts each boot of a slot on trial
// before it enters it, and goes back to the other slot by itself once the tries are used up. So
// whoever finds, after a reboot, that another slot runs than the one set for trial knows that the
// loader fell back; whoever finds that it runs must mark it good, or reboot to be back.
//
// The loader knows one good slot and, at times, a trial of the other one. So every verb below says
// all there is to know, and none depends on what was before: each can be called again, and by
// whoever recovers. What it did is durable when it returns. A power cut in the middle of it leaves
// the loader with what it knew before or with what it was told; an Error may have done either.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace ignite::engine {

enum class Slot : uint8_t { kA, kB };

constexpr Slot OtherThan(Slot slot) { return slot == Slot::kA ? Slot::kB : Slot::kA; }
/// "a" or "b", as in agent.ini, on the kernel command line and in what programs are given.
constexpr std::string_view SlotName(Slot slot) { return slot == Slot::kA ? "a" : "b"; }
constexpr std::optional<Slot> ParseSlot(std::string_view name) {
  if (name == "a") return Slot::kA;
  if (name == "b") return Slot::kB;
  return std::nullopt;
}

/// The boots that a slot on trial may have.
constexpr int kMinTries = 1;
constexpr int kMaxTries = 9;

class Boot {
 public:
  virtual ~Boot() = default;
  /// The slot that runs now. kUnsupported where this probe has no slots.
  virtual Result<Slot> Booted() = 0;
  /// The slot that the next boot would enter; nullopt where the back end cannot tell. An Error
  /// where the verbs below could do nothing either, so it is asked before anything is written to a
  /// slot.
  virtual Result<std::optional<Slot>> Next() = 0;
  /// The next boots enter `slot`, `tries` of them at most, and then the other slot, which is the
  /// good one from now on. kInvalidArgument where `tries` is out of its range.
  virtual Result<> SetTrial(Slot slot, int tries) = 0;
  /// All further boots enter `slot`; a trial of either slot is over.
  virtual Result<> MarkGood(Slot slot) = 0;
  /// No further boot enters `slot`, so all enter the other one; a trial of either slot is over. For
  /// a slot on trial that failed, and for one that is about to be written.
  virtual Result<> MarkBad(Slot slot) = 0;
};

}  // namespace ignite::engine
