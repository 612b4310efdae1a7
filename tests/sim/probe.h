// A simulated probe: the engine on its machine, and the model that watches both. The stories and
// the fault seam tell it what to do.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/model.h"

namespace ignite::sim {

/// Counted over all probes of a run of the program.
struct Tally {
  uint64_t operations = 0;
  uint64_t recoveries = 0;
  uint64_t faults = 0;  ///< Operations of which a call failed, or all from one on.
  uint64_t kills = 0;
  uint64_t cuts = 0;
  uint64_t committed = 0;
  uint64_t rolled_back = 0;
  uint64_t stuck = 0;
};

using Answer = Result<std::optional<engine::Verdict>>;

class Probe {
 public:
  enum class Ending : uint8_t { kAnswered, kError, kDied };
  using Troubles = std::vector<Trouble>;
  using Act = std::function<Answer(engine::Engine&)>;

  Probe(const Pool& pool, const RealFolder& folder, Control control, Tally& tally);

  /// Runs a call of the engine with troubles at its calls to the machine.
  Ending Do(const std::string& what, Troubles troubles, const Act& act);
  /// Where `must_be_as_expected` it must end as the model says.
  Ending Install(const PoolBundle& bundle, engine::Origin origin, Troubles troubles,
                 bool must_be_as_expected);
  Ending Rollback(std::optional<int64_t> to, Troubles troubles, bool must_be_as_expected);

  /// Starts the process anew, and the machine where it lost power.
  void Restart(fakes::MemoryDisk::Cut how, fakes::Random& random);
  /// The recovery before any unit starts, where the machine was started anew, and the one after it.
  /// Whether the probe came to rest; where nothing is in the way it must, or wait for a reboot.
  bool Recover(Troubles at_boot, Troubles later);
  /// Recovers undisturbed, and compares everything.
  void CheckAtRest();

  /// An orderly reboot, which a transaction waits for.
  void Reboot();
  bool waits_for_reboot() const { return waits_for_reboot_; }

  /// Since it was last at rest: by trouble, or by the caller's wish to stop.
  bool was_disturbed() const { return is_disturbed_; }

  Machine machine;
  Model model;
  fakes::FakeObserver observer;
  std::vector<std::string> lines;          ///< What has happened, one for each operation.
  std::optional<engine::Verdict> verdict;  ///< Of the last Do, where it gave one.

 private:
  bool Boot(Troubles troubles);
  void GoThroughReboots();
  void CheckEnding(const Intent& intent, bool is_free, Ending ending);
  bool IsFree(const PoolBundle& bundle);

  Tally& tally_;
  bool has_booted_ = true;
  bool waits_for_reboot_ = false;
  bool is_disturbed_ = false;
  int installs_ = 0;
};

}  // namespace ignite::sim
