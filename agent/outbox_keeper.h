// Keeps up what lies in the outbox of no upload but of the probe, and keeps the outbox small.
// `ignited` forks it, apart from the worker: what it asks, such as the boot loader, may take its
// time.
#pragma once

#include <string>
#include <vector>

#include "agent/composition.h"
#include "agent/outbox/probe_page.h"

namespace ignite {

class OutboxKeeper {
 public:
  explicit OutboxKeeper(Composition& composition) : composition_(composition) {}

  /// Writes what would say something else than what lies there. May be called again after an Error.
  Result<> Keep(const std::vector<outbox::WaitingUpload>& uploads);
  /// Takes away what is of uploads that are long gone. `present`: the names in the inbox.
  Result<> Prune(const std::vector<std::string>& present);

 private:
  Result<outbox::ProbePage> TakePage(const std::vector<outbox::WaitingUpload>& uploads);

  Composition& composition_;
};

}  // namespace ignite
