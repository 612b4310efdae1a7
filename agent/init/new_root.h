// Makes the folder of a slot the root of this container.
#pragma once

#include <string>

#include "agent/engine/boot.h"
#include "base/result.h"

namespace ignite::init {

/// The root is then the slot, read-only, with what was mounted right below the old root (/proc,
/// /sys, /dev, /run and what the host adds), and /slots and /data, each where the slot has a folder
/// or file for it. /run is a file system in memory where the host mounted none.
///
/// For the one process of a mount namespace of its own, which holds no file open. Can be called
/// again, from the new root: /slots is there, too. An Error leaves the old root, with mounts on the
/// slot's folder that the end of the container removes.
Result<> EnterSlot(engine::Slot slot);

}  // namespace ignite::init
