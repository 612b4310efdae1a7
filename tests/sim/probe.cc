#include "tests/sim/probe.h"

#include "base/str_cat.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite::sim {

using engine::State;
using engine::StateName;
using fakes::Must;

namespace {

/// One to try a system, one to leave it.
constexpr int kMostReboots = 3;

Answer ToAnswer(Result<engine::Verdict> verdict) {
  if (!verdict) return std::move(verdict).error();
  return std::optional(*std::move(verdict));
}

Answer ToAnswer(Result<std::optional<engine::Recovered>> recovered) {
  if (!recovered) return std::move(recovered).error();
  if (!*recovered) return std::optional<engine::Verdict>();
  return std::optional((*recovered)->verdict);
}

std::string Text(const Answer& answer) {
  if (!answer) return StrCat("error: ", answer.error().cause);
  if (!*answer) return "done";
  return StrCat(StateName((*answer)->state), " (", (*answer)->reason, ") ", (*answer)->cause);
}

}  // namespace

Probe::Probe(const Pool& pool, const RealFolder& folder, Control control, Tally& tally)
    : machine(pool, folder, control), model(pool, machine), tally_(tally) {
  machine.on_start = [this](const View& live) { model.CheckStart(live); };
}

Probe::Ending Probe::Do(const std::string& what, Troubles troubles, const Act& act) {
  std::string line = what;
  is_disturbed_ |= !troubles.empty();
  for (const Trouble& trouble : troubles) line += StrCat(", ", trouble.Text());
  lines.push_back(std::move(line));
  machine.Expect(std::move(troubles));
  verdict.reset();
  uint64_t troubled_before = machine.troubled_calls();
  Ending ending = Ending::kDied;
  std::string end = "died";
  try {
    engine::Parts parts = machine.parts();
    engine::Engine engine(parts);
    Answer answer = act(engine);
    if (!machine.is_dead()) {
      ending = answer ? Ending::kAnswered : Ending::kError;
      end = Text(answer);
      if (answer) verdict = *answer;
    }
  } catch (const fakes::ProcessDied&) {
  }
  std::string calls = StrCat(" [", machine.calls(), " calls]");
  machine.ExpectNothing();
  lines.back() += StrCat(" -> ", end, calls);
  if (ending == Ending::kDied)
    ++(machine.lost_power() ? tally_.cuts : tally_.kills);
  else if (machine.troubled_calls() > troubled_before)
    ++tally_.faults;
  if (verdict) {
    tally_.committed += verdict->state == State::kCommitted ? 1 : 0;
    tally_.rolled_back += verdict->state == State::kRolledBack ? 1 : 0;
    tally_.stuck += verdict->state == State::kStuck ? 1 : 0;
    model.Told(*verdict);
  }
  if (ending == Ending::kAnswered && verdict) {
    waits_for_reboot_ = verdict->state == State::kStaged || verdict->state == State::kRollingBack;
  }
  return ending;
}

bool Probe::IsFree(const PoolBundle& bundle) {
  auto journal = engine::Journal::OpenForReading(machine.paths.Journal());
  bool is_none = !journal && journal.error().code == ErrorCode::kNotFound;
  return is_none || !Must(Must(std::move(journal)).IsHeld(bundle.content_id));
}

void Probe::CheckEnding(const Intent& intent, bool is_free, Ending ending) {
  GoThroughReboots();
  if (ending != Ending::kAnswered) throw Violation{"nothing was in the way, and yet it failed"};
  State expected = model.Expected(intent, is_free);
  if (verdict->state == State::kRefused && model.MayLackSystem(intent)) return;
  if (verdict->state != expected || verdict->already_running != model.RunsAlready(intent))
    throw Violation{StrCat("it should have ended as ", StateName(expected))};
}

Probe::Ending Probe::Install(const PoolBundle& bundle, engine::Origin origin, Troubles troubles,
                             bool must_be_as_expected) {
  Intent intent{StrCat("op-", ++installs_, ".ignite"), &bundle, std::nullopt};
  bool is_from_inbox = origin == engine::Origin::kInbox;
  bool is_free = !must_be_as_expected || !is_from_inbox || IsFree(bundle);
  std::string what = StrCat("install ", bundle.name, is_from_inbox ? " from the inbox" : "");
  if (observer.stop != engine::StopRequest::kNone) {
    what += StrCat(observer.stop == engine::StopRequest::kCancel ? ", cancelled" : ", suspended",
                   " at ", observer.stop_after);
  }
  model.Asked(intent);
  Ending ending = Do(what, std::move(troubles), [&](engine::Engine& engine) {
    return ToAnswer(
        engine.Install({fakes::MakeMemoryFile(bundle.bytes), intent.name, origin}, observer));
  });
  if (must_be_as_expected) CheckEnding(intent, is_free, ending);
  return ending;
}

Probe::Ending Probe::Rollback(std::optional<int64_t> to, Troubles troubles,
                              bool must_be_as_expected) {
  Intent intent{{}, nullptr, to};
  model.Asked(intent);
  Ending ending =
      Do(StrCat("rollback", to ? StrCat(" to ", *to) : std::string()), std::move(troubles),
         [&](engine::Engine& engine) { return ToAnswer(engine.Rollback({.to = to}, observer)); });
  if (must_be_as_expected) CheckEnding(intent, true, ending);
  return ending;
}

void Probe::Restart(fakes::MemoryDisk::Cut how, fakes::Random& random) {
  is_disturbed_ = true;
  if (machine.lost_power()) {
    has_booted_ = waits_for_reboot_ = false;
    lines.emplace_back("the power is cut");
  }
  machine.Restart(how, random);
}

void Probe::Reboot() {
  has_booted_ = waits_for_reboot_ = false;
  lines.emplace_back("it reboots");
  machine.Reboot();
}

void Probe::GoThroughReboots() {
  for (int reboots = 0; waits_for_reboot_; ++reboots) {
    if (reboots == kMostReboots) throw Violation{"it reboots for ever"};
    Reboot();
    (void)Recover({}, {});
  }
}

bool Probe::Boot(Troubles troubles) {
  bool is_calm = troubles.empty();
  ++tally_.recoveries;
  Ending ending = Do("boot", std::move(troubles), [&](engine::Engine& engine) {
    return ToAnswer(engine.RecoverAtBoot(observer));
  });
  bool is_stuck = verdict && verdict->state == State::kStuck;
  has_booted_ = ending == Ending::kAnswered && !is_stuck;
  if (is_calm && !has_booted_) throw Violation{"nothing was in the way of the recovery at boot"};
  if (has_booted_) machine.StartPublished();
  return has_booted_;
}

bool Probe::Recover(Troubles at_boot, Troubles later) {
  std::optional<engine::Verdict> at_end_of_boot;
  if (!has_booted_) {
    if (!Boot(std::move(at_boot))) return false;
    at_end_of_boot = verdict;
  }
  bool is_calm = later.empty();
  ++tally_.recoveries;
  Ending ending = Do("recover", std::move(later),
                     [&](engine::Engine& engine) { return ToAnswer(engine.Recover(observer)); });
  bool is_at_rest = ending == Ending::kAnswered && (!verdict || engine::IsFinal(verdict->state));
  if (is_calm && !is_at_rest && !waits_for_reboot_)
    throw Violation{"nothing was in the way of the recovery"};
  if (!verdict) verdict = std::move(at_end_of_boot);
  return is_at_rest;
}

void Probe::CheckAtRest() {
  (void)Recover({}, {});
  GoThroughReboots();
  model.CheckAtRest();
  is_disturbed_ = false;
}

}  // namespace ignite::sim
