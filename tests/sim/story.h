// A story: what a probe lives through, decided by its seed alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/probe.h"

namespace ignite::sim {

class Story {
 public:
  Story(const Pool& pool, const RealFolder& folder, uint64_t seed, Control control, Tally& tally)
      : pool_(pool), random_(seed), probe_(pool, folder, control, tally), tally_(tally) {}

  /// Throws a Violation.
  void Run();
  /// What has happened so far, a line for each operation.
  const std::vector<std::string>& told() const { return probe_.lines; }

 private:
  std::vector<Trouble> DrawTroubles();
  void OneOperation();
  void Install();
  void Rollback();
  void ChangeHold();
  void AskToCancel();
  bool IsAtRest() const;
  void GetWell();
  void ReturnToKept();

  const Pool& pool_;
  fakes::Random random_;
  Probe probe_;
  Tally& tally_;
  std::optional<bool> holds_all_ = false;  ///< nullopt where nobody can tell.
  bool may_be_cancelled_ = false;          ///< A transaction that is still to come.
};

}  // namespace ignite::sim
