#include "tests/sim/seam.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <iostream>
#include <stdexcept>

namespace ignite::sim {

using engine::Origin;
using fakes::Fate;
using fakes::MemoryDisk;

namespace {

/// The last four meet their trouble after the reboot into a new operating system: as it boots, in
/// its trial, in the end of a trial that fails, and as the one from before boots again.
enum class Action : uint8_t {
  kInstall,
  kInstallBroken,
  kRollback,
  kRecover,
  kRecoverAtBoot,
  kInstallSystem,
  kEnterSystem,
  kTrySystem,
  kLeaveSystem,
  kReturnFromSystem,
};

/// In the recovery, a second trouble comes within so many calls.
constexpr uint64_t kReachOfSecond = 260;

/// A prime, by which one share has calls of the beginning, the middle and the end of stories.
constexpr uint64_t kSpread = 389;

Trouble Fails(int error, bool late, bool lasts) {
  Trouble trouble;
  trouble.fate = {Fate::Kind::kFails, error, late};
  trouble.lasts = lasts;
  return trouble;
}

Trouble Dies(bool cuts_power) {
  Trouble trouble;
  trouble.fate.kind = Fate::Kind::kDies;
  trouble.cuts_power = cuts_power;
  return trouble;
}

std::vector<Trouble> AllTroubles() {
  std::vector<Trouble> all{Dies(false), Dies(true)};
  for (int error : {EIO, ENOSPC, EDQUOT}) {
    for (bool late : {false, true}) {
      for (bool lasts : {false, true}) all.push_back(Fails(error, late, lasts));
    }
  }
  return all;
}

const PoolBundle& Bundle(const Pool& pool, std::string_view name) {
  return *std::find_if(pool.bundles().begin(), pool.bundles().end(),
                       [&](const PoolBundle& bundle) { return bundle.name == name; });
}

void Install(const Pool& pool, Probe& probe, std::string_view name,
             std::vector<Trouble> troubles = {}) {
  bool is_calm = troubles.empty();
  (void)probe.Install(Bundle(pool, name), Origin::kEngineer, std::move(troubles), is_calm);
}

/// Waits for no reboot any more but the one that follows.
void InstallSystem(const Pool& pool, Probe& probe, std::string_view name) {
  (void)probe.Install(Bundle(pool, name), Origin::kEngineer, {}, false);
  probe.Reboot();
}

enum class Ending : int { kCame, kNeverCame, kBroken };

/// `play` gives whether its trouble has come.
template <class Play>
Ending InProcessOfItsOwn(const Probe& probe, Play play) {
  std::cout.flush();
  pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process can be started");
  if (child > 0) {
    int status = 0;
    bool is_over = waitpid(child, &status, 0) == child && WIFEXITED(status);
    return is_over ? static_cast<Ending>(WEXITSTATUS(status)) : Ending::kBroken;
  }
  Ending ending = Ending::kBroken;
  std::string broken;
  try {
    ending = play() ? Ending::kCame : Ending::kNeverCame;
  } catch (const Violation& violation) {
    broken = violation.what;
  } catch (const std::exception& exception) {
    broken = exception.what();
  }
  if (ending == Ending::kBroken) {
    std::cout << "a point of the seam: " << broken << "\n";
    for (const std::string& line : probe.lines) std::cout << "  " << line << "\n";
    std::cout.flush();
  }
  _exit(static_cast<int>(ending));
}

}  // namespace

struct Seam::Scene {
  Action action;
  uint64_t interrupted_at = 0;  ///< For kRecover: the call at which the install was cut off.
};

void Seam::Begin(const Scene& scene, Probe& probe) const {
  Install(pool_, probe, "product-1");
  probe.CheckAtRest();
  if (scene.action != Action::kRollback) return;
  Install(pool_, probe, "product-2");
  probe.CheckAtRest();
}

/// Whether the trouble has come: false where the story has fewer calls.
bool Seam::Play(const Scene& scene, Probe& probe, const Trouble& trouble,
                const Trouble* in_recovery) const {
  fakes::Random random(trouble.at);
  auto restart = [&] { probe.Restart(static_cast<MemoryDisk::Cut>(trouble.at % 3), random); };
  uint64_t before = probe.machine.troubled_calls();
  switch (scene.action) {
    case Action::kInstall:
      Install(pool_, probe, "product-2", {trouble});
      break;
    case Action::kInstallBroken:
      Install(pool_, probe, "broken", {trouble});
      break;
    case Action::kRollback:
      (void)probe.Rollback(std::nullopt, {trouble}, false);
      break;
    case Action::kRecover:
    case Action::kRecoverAtBoot: {
      Trouble cut = Dies(scene.action == Action::kRecoverAtBoot);
      cut.at = scene.interrupted_at;
      Install(pool_, probe, "product-2", {cut});
      restart();
      before = probe.machine.troubled_calls();
      if (scene.action == Action::kRecover)
        (void)probe.Recover({}, {trouble});
      else
        (void)probe.Recover({trouble}, {});
      break;
    }
    case Action::kInstallSystem:
      Install(pool_, probe, "system-2", {trouble});
      break;
    case Action::kEnterSystem:
      InstallSystem(pool_, probe, "system-2");
      (void)probe.Recover({trouble}, {});
      break;
    case Action::kTrySystem:
      InstallSystem(pool_, probe, "system-2");
      (void)probe.Recover({}, {trouble});
      break;
    case Action::kLeaveSystem:
      InstallSystem(pool_, probe, "sick-system");
      (void)probe.Recover({}, {trouble});
      break;
    case Action::kReturnFromSystem:
      InstallSystem(pool_, probe, "sick-system");
      (void)probe.Recover({}, {});
      probe.Reboot();
      (void)probe.Recover({trouble}, {});
      break;
  }
  bool has_come = probe.machine.troubled_calls() > before;
  restart();
  if (in_recovery != nullptr) {
    (void)probe.Recover({*in_recovery}, {*in_recovery});
    restart();
  }
  probe.CheckAtRest();
  Install(pool_, probe, "product-3");
  probe.CheckAtRest();
  return has_come;
}

std::optional<SeamCount> Seam::Run(uint64_t first, uint64_t step) {
  std::vector<Scene> scenes{{Action::kInstall},     {Action::kInstallBroken},
                            {Action::kRollback},    {Action::kInstallSystem},
                            {Action::kEnterSystem}, {Action::kTrySystem},
                            {Action::kLeaveSystem}, {Action::kReturnFromSystem}};
  for (uint64_t at = 150; at < 1'000; at += 150) {
    scenes.push_back({Action::kRecover, at});
    scenes.push_back({Action::kRecoverAtBoot, at});
  }
  SeamCount count;
  const std::vector<Trouble> troubles = AllTroubles();
  uint64_t story = 0;
  for (const Scene& scene : scenes) {
    Probe probe(pool_, folder_, control_, tally_);
    Begin(scene, probe);
    for (Trouble trouble : troubles) {
      // How many calls a story has, only playing it tells: so each deals its own to the shares.
      for (trouble.at = 1 + (first + kSpread * ++story) % step;; trouble.at += step) {
        auto play = [&](const Trouble* in_recovery) {
          return InProcessOfItsOwn(probe, [&] { return Play(scene, probe, trouble, in_recovery); });
        };
        Ending ending = play(nullptr);
        if (ending == Ending::kBroken) return std::nullopt;
        if (ending == Ending::kNeverCame) break;
        bool dies = trouble.fate.kind == Fate::Kind::kDies;
        ++(dies ? count.deaths : count.errors);
        fakes::Random random(story << 32 | trouble.at);
        Trouble second = troubles[random.Below(troubles.size())];
        second.at = 1 + random.Below(kReachOfSecond);
        if (play(&second) == Ending::kBroken) return std::nullopt;
        ++count.compound;
      }
    }
  }
  return count;
}

}  // namespace ignite::sim
