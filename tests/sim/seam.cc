#include "tests/sim/seam.h"

#include <algorithm>
#include <cerrno>

namespace ignite::sim {

using engine::Origin;
using fakes::Fate;
using fakes::MemoryDisk;

namespace {

enum class Action : uint8_t { kInstall, kInstallBroken, kRollback, kRecover, kRecoverAtBoot };

/// In the recovery, a second trouble is tried at every so many calls.
constexpr uint64_t kCompoundStride = 37;

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

}  // namespace

struct Seam::Scene {
  Action action;
  uint64_t interrupted_at = 0;  ///< For kRecover: the call at which the install was cut off.
};

/// Whether the trouble has come: false where the story has fewer calls.
bool Seam::Play(const Scene& scene, const Trouble& trouble, const Trouble* in_recovery) {
  Probe probe(pool_, folder_, control_, tally_);
  fakes::Random random(trouble.at);
  auto restart = [&] { probe.Restart(static_cast<MemoryDisk::Cut>(trouble.at % 3), random); };
  auto install = [&](std::string_view name, std::vector<Trouble> troubles, bool is_calm) {
    (void)probe.Install(Bundle(pool_, name), Origin::kEngineer, std::move(troubles), is_calm);
  };
  try {
    install("product-1", {}, true);
    probe.CheckAtRest();
    uint64_t before = probe.machine.troubled_calls();
    switch (scene.action) {
      case Action::kInstall:
        install("product-2", {trouble}, false);
        break;
      case Action::kInstallBroken:
        install("broken", {trouble}, false);
        break;
      case Action::kRollback:
        install("product-2", {}, true);
        probe.CheckAtRest();
        (void)probe.Rollback(std::nullopt, {trouble}, false);
        break;
      case Action::kRecover:
      case Action::kRecoverAtBoot: {
        Trouble cut = Dies(scene.action == Action::kRecoverAtBoot);
        cut.at = scene.interrupted_at;
        install("product-2", {cut}, false);
        restart();
        before = probe.machine.troubled_calls();
        if (scene.action == Action::kRecover)
          (void)probe.Recover({}, {trouble});
        else
          (void)probe.Recover({trouble}, {});
        break;
      }
    }
    bool has_come = probe.machine.troubled_calls() > before;
    restart();
    if (in_recovery != nullptr) {
      (void)probe.Recover({*in_recovery}, {*in_recovery});
      restart();
    }
    probe.CheckAtRest();
    install("product-3", {}, true);
    probe.CheckAtRest();
    return has_come;
  } catch (const Violation&) {
    told_ = probe.lines;
    throw;
  }
}

SeamCount Seam::Run(uint64_t first, uint64_t step) {
  std::vector<Scene> scenes{{Action::kInstall}, {Action::kInstallBroken}, {Action::kRollback}};
  for (uint64_t at = 150; at < 1'000; at += 150) {
    scenes.push_back({Action::kRecover, at});
    scenes.push_back({Action::kRecoverAtBoot, at});
  }
  SeamCount count;
  uint64_t point = 0;
  const std::vector<Trouble> troubles = AllTroubles();
  for (const Scene& scene : scenes) {
    for (Trouble trouble : troubles) {
      bool dies = trouble.fate.kind == Fate::Kind::kDies;
      for (bool has_come = true; has_come; ++trouble.at) {
        // Of a step only the last point of a story can be found by playing it.
        if (point++ % step != first) continue;
        has_come = Play(scene, trouble, nullptr);
        if (!has_come) break;
        ++(dies ? count.deaths : count.errors);
        Trouble second = troubles[point / step % troubles.size()];
        second.at = 1 + point / step % kCompoundStride * 7;
        (void)Play(scene, trouble, &second);
        ++count.compound;
      }
    }
  }
  return count;
}

}  // namespace ignite::sim
