// The fault seam: in fixed stories every single call to the machine fails, is the last of its
// process, or is when the power is cut. What a story says is decided by its number alone.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/probe.h"

namespace ignite::sim {

struct SeamCount {
  uint64_t errors = 0;    ///< Calls that were made to fail.
  uint64_t deaths = 0;    ///< Calls at which the process died or the power was cut.
  uint64_t compound = 0;  ///< Of both, those with a second one in the recovery.
};

class Seam {
 public:
  Seam(const Pool& pool, const RealFolder& folder, Control control, Tally& tally)
      : pool_(pool), folder_(folder), control_(control), tally_(tally) {}

  /// Every `step`-th point, from `first` on. Throws a Violation.
  SeamCount Run(uint64_t first, uint64_t step);
  /// Of the point that broke a promise.
  const std::vector<std::string>& told() const { return told_; }

 private:
  struct Scene;
  bool Play(const Scene& scene, const Trouble& trouble, const Trouble* in_recovery);

  const Pool& pool_;
  const RealFolder& folder_;
  Control control_;
  Tally& tally_;
  std::vector<std::string> told_;
};

}  // namespace ignite::sim
