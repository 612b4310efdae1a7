// Keeps up what lies in the outbox of no upload but of the probe. `ignited` forks it, apart from
// the worker: what it asks, such as the boot loader, may take its time.
#pragma once

#include <vector>

#include "agent/composition.h"
#include "agent/outbox/probe_page.h"

namespace ignite {

class OutboxKeeper {
 public:
  explicit OutboxKeeper(Composition& composition) : composition_(composition) {}

  /// Writes what would say something else than what lies there. May be called again after an Error.
  Result<> Keep(const std::vector<outbox::WaitingUpload>& uploads);

 private:
  Result<outbox::ProbePage> TakePage(const std::vector<outbox::WaitingUpload>& uploads);
  Result<std::vector<outbox::FreeSpace>> MeasureSpace(const engine::Snapshot& snapshot);

  Composition& composition_;
};

}  // namespace ignite
