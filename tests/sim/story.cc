#include "tests/sim/story.h"

#include <array>
#include <cerrno>

#include "agent/engine/cancellation.h"
#include "base/str_cat.h"

namespace ignite::sim {

using engine::StopRequest;
using fakes::Fate;
using fakes::MemoryDisk;

namespace {

constexpr uint64_t kMostOperations = 12;
constexpr int kMostTroubledRecoveries = 4;

}  // namespace

std::vector<Trouble> Story::DrawTroubles() {
  static constexpr std::array<uint64_t, 4> kReach = {20, 120, 400, 1'000};
  static constexpr std::array kErrors = {EIO, ENOSPC, EDQUOT};
  std::vector<Trouble> troubles;
  uint64_t at = 0;
  while (random_.Below(10) < (troubles.empty() ? 6u : 3u)) {
    Trouble trouble;
    trouble.at = at += 1 + random_.Below(kReach[random_.Below(kReach.size())]);
    uint64_t kind = random_.Below(10);
    if (kind < 5) {
      trouble.fate.kind = Fate::Kind::kDies;
      trouble.cuts_power = kind < 3;
    } else {
      trouble.fate = {Fate::Kind::kFails, kErrors[random_.Below(kErrors.size())], random_.OneIn(3)};
      trouble.lasts = kind >= 8;
      if (trouble.lasts) trouble.scope = static_cast<Trouble::Scope>(random_.Below(4));
    }
    troubles.push_back(trouble);
  }
  return troubles;
}

void Story::Install() {
  const PoolBundle& bundle = pool_.bundles()[random_.Below(pool_.bundles().size())];
  auto origin = random_.OneIn(3) ? engine::Origin::kInbox : engine::Origin::kEngineer;
  bool stops = random_.OneIn(6);
  probe_.observer.calls = 0;
  if (stops) probe_.observer.stop = random_.OneIn(2) ? StopRequest::kCancel : StopRequest::kSuspend;
  probe_.observer.stop_after = static_cast<int>(random_.Below(12));
  auto troubles = DrawTroubles();
  bool is_calm = troubles.empty() && !stops && !may_be_cancelled_ && !probe_.model.is_uncertain();
  (void)probe_.Install(bundle, origin, std::move(troubles), is_calm);
  probe_.observer.stop = StopRequest::kNone;
}

void Story::Rollback() {
  std::optional<int64_t> to;
  if (random_.OneIn(2)) to = probe_.model.current() - static_cast<int64_t>(random_.Below(4));
  auto troubles = DrawTroubles();
  bool is_calm = troubles.empty() && !may_be_cancelled_ && !probe_.model.is_uncertain();
  (void)probe_.Rollback(to, std::move(troubles), is_calm);
}

void Story::ChangeHold() {
  bool holds = random_.OneIn(2);
  bool was_free = holds_all_ == false;
  holds_all_ = std::nullopt;
  auto troubles = DrawTroubles();
  bool is_calm = troubles.empty();
  auto ending = probe_.Do(
      holds ? "hold everything" : "lift the hold", std::move(troubles),
      [&](engine::Engine& engine) -> Answer {
        auto all = engine::Journal::kEverything;
        TRY(holds ? engine.Hold(all, probe_.observer) : engine.Unhold(all, probe_.observer));
        return std::optional<engine::Verdict>();
      });
  if (ending == Probe::Ending::kAnswered) holds_all_ = holds;
  if (ending == Probe::Ending::kError && is_calm && !holds && was_free) holds_all_ = false;
}

void Story::AskToCancel() {
  auto number = static_cast<int64_t>(random_.Below(20));
  may_be_cancelled_ = true;
  (void)probe_.Do(StrCat("cancel ", number), DrawTroubles(), [&](engine::Engine&) -> Answer {
    TRY(engine::AskToCancel(probe_.machine.files, probe_.machine.paths, number));
    return std::optional<engine::Verdict>();
  });
}

/// Nothing is to be recovered: the probe must be at rest as it is.
bool Story::IsAtRest() const {
  bool is_up = !probe_.machine.is_dead() && !probe_.machine.lost_power();
  return is_up && !probe_.was_disturbed() && probe_.verdict &&
         engine::IsFinal(probe_.verdict->state);
}

void Story::GetWell() {
  if (IsAtRest()) {
    probe_.model.CheckAtRest();
    return;
  }
  for (int round = 0;; ++round) {
    probe_.Restart(static_cast<MemoryDisk::Cut>(random_.Below(3)), random_);
    if (probe_.waits_for_reboot() && random_.OneIn(2)) probe_.Reboot();
    if (round >= kMostTroubledRecoveries || random_.OneIn(2)) break;
    auto at_boot = DrawTroubles();
    (void)probe_.Recover(std::move(at_boot), DrawTroubles());
  }
  probe_.CheckAtRest();
  bool holds_all = probe_.model.holds_all();
  if (holds_all_ && *holds_all_ != holds_all) throw Violation{"a hold, or its end, was forgotten"};
  holds_all_ = holds_all;
}

void Story::OneOperation() {
  ++tally_.operations;
  uint64_t kind = random_.Below(20);
  if (kind < 12)
    Install();
  else if (kind < 16)
    Rollback();
  else if (kind < 17)
    ChangeHold();
  else if (kind < 18)
    AskToCancel();
  else
    probe_.machine.CutPower();
  // Now and then the next operation meets what this one left.
  bool goes_on = !probe_.machine.is_dead() && !probe_.machine.lost_power() && random_.OneIn(4);
  if (!goes_on) GetWell();
}

void Story::ReturnToKept() {
  const auto& kept = probe_.model.deployments();
  if (kept.size() < 2) return;
  (void)probe_.Rollback(kept[random_.Below(kept.size() - 1)].number, {}, !may_be_cancelled_);
  if (probe_.waits_for_reboot()) return probe_.CheckAtRest();
  probe_.model.CheckAtRest();
}

void Story::Run() {
  uint64_t operations = 1 + random_.Below(kMostOperations);
  for (uint64_t i = 0; i < operations; ++i) OneOperation();
  GetWell();
  ReturnToKept();
}

}  // namespace ignite::sim
