// The one that is left of ignite-init once the slot's own init has taken its place: it reboots the
// container where a trial is not marked good in time. A migration that is longer than the deadline
// must not be cut off by it, so it is put off while the agent's progress file changes, to four
// times the deadline at most.
#pragma once

#include <sys/types.h>

#include "agent/engine/slot_file.h"
#include "base/result.h"

namespace ignite::init {

/// Forks it. It ends by itself where the slot is good at the deadline, and dies with the container.
/// Whoever wants it to end before kills it.
Result<pid_t> StartDeadline(engine::Slot slot, uint32_t seconds);

}  // namespace ignite::init
