// What is free on the file systems that matter to this probe.
#pragma once

#include <vector>

#include "agent/engine/parts.h"
#include "agent/engine/report.h"
#include "agent/outbox/probe_page.h"

namespace ignite {

/// Those of the state, of inbox and outbox, and of the components that run; each once.
Result<std::vector<outbox::FreeSpace>> MeasureSpace(const engine::Parts& parts,
                                                    const engine::Snapshot& snapshot);

}  // namespace ignite
