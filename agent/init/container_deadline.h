// The one that is left of ignite-init once the slot's own init has taken its place: it keeps the
// deadline of the trial, and at its end reboots the container.
#pragma once

#include <sys/types.h>

#include "agent/engine/slot_file.h"
#include "base/result.h"

namespace ignite::init {

/// Forks it. It ends by itself where the slot is marked good, and dies with the container. Whoever
/// wants it to end before kills it.
Result<pid_t> StartDeadline(engine::Slot slot, uint32_t seconds);

}  // namespace ignite::init
