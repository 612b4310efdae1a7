// A story: what a probe lives through, decided by its seed alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/model.h"

namespace ignite::sim {

/// Counted over all stories of a run of the program.
struct Tally {
  uint64_t operations = 0;
  uint64_t faults = 0;  ///< Calls that failed, or failed for ever.
  uint64_t kills = 0;
  uint64_t cuts = 0;
  uint64_t committed = 0;
  uint64_t rolled_back = 0;
  uint64_t stuck = 0;
  uint64_t recoveries = 0;
};

class Story {
 public:
  Story(const Pool& pool, const RealFolder& folder, uint64_t seed, Control control, Tally& tally);

  /// Throws a Violation.
  void Run();
  /// What has happened so far, a line for each operation.
  const std::vector<std::string>& told() const { return lines_; }

 private:
  enum class Ending : uint8_t { kAnswered, kError, kDied };

  std::vector<Trouble> DrawTroubles();
  void Note(const std::string& what, const std::vector<Trouble>& troubles);
  /// Runs a call of the engine; notes how it ended.
  template <class Act>
  Ending Do(const std::string& what, std::vector<Trouble> troubles, Act act);

  void OneOperation();
  void Install(const PoolBundle& bundle);
  void Rollback();
  void ChangeHold();
  void AskToCancel();
  void GetWell();
  /// false where it must be tried again.
  bool Boot(std::vector<Trouble> troubles, bool is_calm);
  bool Recover(std::vector<Trouble> troubles, bool is_calm);
  void CheckVerdict(const Intent& intent, bool is_free, Ending ending, bool is_calm);
  void ReturnToKept();
  bool IsFree(const PoolBundle& bundle);

  const Pool& pool_;
  fakes::Random random_;
  Machine machine_;
  Model model_;
  Tally& tally_;
  fakes::FakeObserver observer_;
  std::vector<std::string> lines_;
  std::optional<engine::Verdict> verdict_;  ///< Of the last Do, where it gave one.
  std::optional<bool> holds_all_ = false;   ///< nullopt where nobody can tell.
  bool has_booted_ = true;
  int operation_ = 0;
};

}  // namespace ignite::sim
