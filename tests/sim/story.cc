#include "tests/sim/story.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/engine/cancellation.h"
#include "base/str_cat.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite::sim {

using engine::State;
using engine::StateName;
using engine::StopRequest;
using fakes::Fate;
using fakes::MemoryDisk;
using fakes::Must;

namespace {

constexpr uint64_t kMostOperations = 12;
constexpr int kMostTroubledRecoveries = 4;

}  // namespace

Story::Story(const Pool& pool, const RealFolder& folder, uint64_t seed, Control control,
             Tally& tally)
    : pool_(pool),
      random_(seed),
      machine_(pool, folder, control),
      model_(pool, machine_),
      tally_(tally) {
  machine_.on_start = [this](const View& live) { model_.CheckStart(live); };
}

std::vector<Trouble> Story::DrawTroubles() {
  static constexpr std::array<uint64_t, 4> kReach = {20, 120, 500, 1'500};
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
      trouble.only_writes = trouble.lasts && random_.OneIn(2);
    }
    troubles.push_back(trouble);
  }
  return troubles;
}

template <class Act>
Story::Ending Story::Do(const std::string& what, std::vector<Trouble> troubles, Act act) {
  std::string line = what;
  for (const Trouble& trouble : troubles) line += StrCat(", ", trouble.Text());
  lines_.push_back(line);
  machine_.Expect(std::move(troubles));
  verdict_.reset();
  Ending ending = Ending::kDied;
  std::string end = "died";
  try {
    engine::Parts parts = machine_.parts();
    engine::Engine engine(parts);
    Result<std::optional<engine::Verdict>> result = act(engine);
    if (!machine_.is_dead()) {
      ending = result ? Ending::kAnswered : Ending::kError;
      if (result) verdict_ = *result;
      end = !result ? StrCat("error: ", result.error().cause)
            : verdict_
                ? StrCat(StateName(verdict_->state), " (", verdict_->reason, ") ", verdict_->cause)
                : std::string("done");
    }
  } catch (const fakes::ProcessDied&) {
  }
  lines_.back() += StrCat(" -> ", end, " [", machine_.calls(), " calls]");
  if (ending == Ending::kDied) ++(machine_.lost_power() ? tally_.cuts : tally_.kills);
  if (ending != Ending::kDied && machine_.was_troubled()) ++tally_.faults;
  if (verdict_) {
    tally_.committed += verdict_->state == State::kCommitted ? 1 : 0;
    tally_.rolled_back += verdict_->state == State::kRolledBack ? 1 : 0;
    tally_.stuck += verdict_->state == State::kStuck ? 1 : 0;
    model_.Told(*verdict_);
  }
  return ending;
}

bool Story::IsFree(const PoolBundle& bundle) {
  if (model_.deployments().empty() && lines_.empty()) return true;
  auto journal = Must(engine::Journal::Open(machine_.paths.Journal(), machine_.clock));
  return !Must(journal.IsHeld(bundle.content_id));
}

void Story::CheckVerdict(const Intent& intent, bool is_free, Ending ending, bool is_calm) {
  if (!is_calm) return;
  if (ending != Ending::kAnswered) throw Violation{"nothing was in the way, and yet it failed"};
  State expected = model_.Expected(intent, is_free);
  if (verdict_->state != expected || verdict_->already_running != (model_.RunsAlready(intent)))
    throw Violation{StrCat("it should have ended as ", StateName(expected))};
}

void Story::Install(const PoolBundle& bundle) {
  bool is_from_inbox = random_.OneIn(3);
  bool stops = random_.OneIn(6);
  observer_.calls = 0;
  observer_.stop = stops ? (random_.OneIn(2) ? StopRequest::kCancel : StopRequest::kSuspend)
                         : StopRequest::kNone;
  observer_.stop_after = static_cast<int>(random_.Below(12));
  auto troubles = DrawTroubles();
  bool is_calm = troubles.empty() && !stops && !model_.is_uncertain();
  Intent intent{StrCat("op-", operation_, ".ignite"), &bundle, std::nullopt};
  bool is_free = !is_calm || !is_from_inbox || IsFree(bundle);
  model_.Asked(intent);
  std::string what = StrCat("install ", bundle.name, is_from_inbox ? " from the inbox" : "");
  if (stops) {
    what += StrCat(observer_.stop == StopRequest::kCancel ? ", cancelled" : ", suspended", " at ",
                   observer_.stop_after);
  }
  auto origin = is_from_inbox ? engine::Origin::kInbox : engine::Origin::kEngineer;
  Ending ending = Do(what, std::move(troubles), [&](engine::Engine& engine) {
    auto verdict =
        engine.Install({fakes::MakeMemoryFile(bundle.bytes), intent.name, origin}, observer_);
    return verdict ? Result<std::optional<engine::Verdict>>(std::optional(*std::move(verdict)))
                   : Result<std::optional<engine::Verdict>>(std::move(verdict).error());
  });
  observer_.stop = StopRequest::kNone;
  CheckVerdict(intent, is_free, ending, is_calm);
}

void Story::Rollback() {
  Intent intent;
  if (random_.OneIn(2)) intent.to = model_.current() - static_cast<int64_t>(random_.Below(4));
  auto troubles = DrawTroubles();
  bool is_calm = troubles.empty() && !model_.is_uncertain();
  model_.Asked(intent);
  Ending ending = Do(
      StrCat("rollback", intent.to ? StrCat(" to ", *intent.to) : std::string()),
      std::move(troubles), [&](engine::Engine& engine) {
        auto verdict = engine.Rollback(intent.to, observer_);
        return verdict ? Result<std::optional<engine::Verdict>>(std::optional(*std::move(verdict)))
                       : Result<std::optional<engine::Verdict>>(std::move(verdict).error());
      });
  CheckVerdict(intent, true, ending, is_calm);
}

void Story::ChangeHold() {
  bool holds = random_.OneIn(2);
  std::optional<bool> before = holds_all_;
  holds_all_ = std::nullopt;
  auto troubles = DrawTroubles();
  bool is_calm = troubles.empty();
  Ending ending = Do(holds ? "hold everything" : "lift the hold", std::move(troubles),
                     [&](engine::Engine& engine) -> Result<std::optional<engine::Verdict>> {
                       auto all = engine::Journal::kEverything;
                       if (holds)
                         TRY(engine.Hold(all, observer_));
                       else
                         TRY(engine.Unhold(all, observer_));
                       return std::optional<engine::Verdict>();
                     });
  if (ending == Ending::kAnswered) holds_all_ = holds;
  if (ending == Ending::kError && is_calm && !holds && before == false) holds_all_ = false;
}

void Story::AskToCancel() {
  auto number = static_cast<int64_t>(random_.Below(20));
  (void)Do(StrCat("cancel ", number), DrawTroubles(),
           [&](engine::Engine&) -> Result<std::optional<engine::Verdict>> {
             TRY(engine::AskToCancel(machine_.files, machine_.paths, number));
             return std::optional<engine::Verdict>();
           });
}

bool Story::Boot(std::vector<Trouble> troubles, bool is_calm) {
  Ending ending = Do("boot", std::move(troubles),
                     [&](engine::Engine& engine) -> Result<std::optional<engine::Verdict>> {
                       auto recovered = TRY(engine.RecoverAtBoot(observer_));
                       if (!recovered) return std::optional<engine::Verdict>();
                       return std::optional(recovered->verdict);
                     });
  ++tally_.recoveries;
  bool is_stuck = verdict_ && verdict_->state == State::kStuck;
  has_booted_ = ending == Ending::kAnswered && !is_stuck;
  if (is_calm && !has_booted_) throw Violation{"nothing was in the way of the recovery at boot"};
  if (has_booted_) machine_.StartPublished();
  return has_booted_;
}

bool Story::Recover(std::vector<Trouble> troubles, bool is_calm) {
  Ending ending = Do("recover", std::move(troubles),
                     [&](engine::Engine& engine) -> Result<std::optional<engine::Verdict>> {
                       auto recovered = TRY(engine.Recover(observer_));
                       if (!recovered) return std::optional<engine::Verdict>();
                       return std::optional(recovered->verdict);
                     });
  ++tally_.recoveries;
  bool is_at_rest = ending == Ending::kAnswered && (!verdict_ || engine::IsFinal(verdict_->state));
  if (is_calm && !is_at_rest) throw Violation{"nothing was in the way of the recovery"};
  return is_at_rest;
}

void Story::GetWell() {
  for (int round = 0;; ++round) {
    bool is_calm = round >= kMostTroubledRecoveries || random_.OneIn(2);
    if (machine_.lost_power()) {
      has_booted_ = false;
      lines_.emplace_back("the power is cut");
    }
    machine_.Restart(static_cast<MemoryDisk::Cut>(random_.Below(3)), random_);
    auto troubles = [&] { return is_calm ? std::vector<Trouble>() : DrawTroubles(); };
    if (!has_booted_ && !Boot(troubles(), is_calm)) continue;
    bool is_well = Recover(troubles(), is_calm);
    if (is_calm && is_well) break;
  }
  model_.CheckAtRest();
  auto journal = Must(engine::Journal::Open(machine_.paths.Journal(), machine_.clock));
  bool holds_all = Must(journal.IsHeld(engine::Journal::kEverything));
  if (holds_all_ && *holds_all_ != holds_all) throw Violation{"a hold, or its end, was forgotten"};
  holds_all_ = holds_all;
}

void Story::OneOperation() {
  ++operation_;
  ++tally_.operations;
  uint64_t kind = random_.Below(20);
  if (kind < 11)
    Install(pool_.bundles()[random_.Below(pool_.bundles().size())]);
  else if (kind < 15)
    Rollback();
  else if (kind < 16)
    ChangeHold();
  else if (kind < 17)
    AskToCancel();
  else if (kind < 18)
    machine_.CutPower();
  else
    (void)Recover(DrawTroubles(), false);
  // Now and then the next operation meets what this one left.
  if (!machine_.is_dead() && !machine_.lost_power() && random_.OneIn(4)) {
    machine_.ExpectNothing();
    return;
  }
  GetWell();
}

void Story::ReturnToKept() {
  const auto& kept = model_.deployments();
  if (kept.size() < 2) return;
  Intent intent;
  intent.to = kept[random_.Below(kept.size() - 1)].number;
  model_.Asked(intent);
  Ending ending = Do(StrCat("return to ", *intent.to), {}, [&](engine::Engine& engine) {
    auto verdict = engine.Rollback(intent.to, observer_);
    return verdict ? Result<std::optional<engine::Verdict>>(std::optional(*std::move(verdict)))
                   : Result<std::optional<engine::Verdict>>(std::move(verdict).error());
  });
  CheckVerdict(intent, true, ending, true);
  model_.CheckAtRest();
}

void Story::Run() {
  uint64_t operations = 1 + random_.Below(kMostOperations);
  for (uint64_t i = 0; i < operations; ++i) OneOperation();
  GetWell();
  ReturnToKept();
}

}  // namespace ignite::sim
