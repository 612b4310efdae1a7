// What an install would do on this probe, found without the lock and without writing anything.
#pragma once

#include "agent/engine/engine.h"
#include "agent/engine/examination.h"
#include "agent/engine/pace.h"
#include "agent/engine/space.h"

namespace ignite::engine {

struct Preview {
  /// kReceived where an install would start, kCommitted where it would have nothing to do, else how
  /// it would end, with reason, cause and remedy.
  Verdict verdict;
  /// nullopt where the bundle could not be read.
  std::optional<Plan> plan;
  std::vector<SpaceDemand> space;
  std::vector<std::string> units;  ///< Stopped and started around the switch.
  std::vector<std::string> steps;  ///< In their order, for a person.
  Clock::Milliseconds expected{0};
  bool expected_is_measured = false;
  bool is_held = false;  ///< Of uploads alone: an install by hand goes on.
  /// The transaction that an install would have to wait for, or is stuck with.
  std::optional<TransactionRecord> unfinished;
};

/// The bundle is read up to its INDEX: what `install` refuses before it unpacks, this refuses too.
Result<Preview> PreviewInstall(const Parts& parts, InstallRequest request);
/// The same of a bundle that was examined. `journal` is nullptr on a probe that has none yet.
Result<Preview> PreviewOf(const Parts& parts, Journal* journal, const format::Manifest& manifest,
                          Examination found);

}  // namespace ignite::engine
