// The fault seam: in fixed stories every single call to the machine fails, is the last of its
// process, or is when the power is cut. What happens at a call is decided by its number alone.
//
// A story is told once up to where its calls are counted. Each of them has a process of its own,
// which finds the probe as it is then.
#pragma once

#include <optional>

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

  /// A `step`-th of all points, number `first` of these shares. nullopt where a promise was broken,
  /// which is told on the standard output.
  std::optional<SeamCount> Run(uint64_t first, uint64_t step);

 private:
  struct Scene;
  void Begin(const Scene& scene, Probe& probe) const;
  bool Play(const Scene& scene, Probe& probe, const Trouble& trouble,
            const Trouble* in_recovery) const;

  const Pool& pool_;
  const RealFolder& folder_;
  Control control_;
  Tally& tally_;
};

}  // namespace ignite::sim
