// Runs the programs that come with a bundle.
#pragma once

#include "base/process.h"

namespace ignite::handlers {

/// kRefused where the program fails or takes too long: the fault is the bundle's. kCancelled where
/// its watch stopped it. Any other Error is this machine's: the program could not be run.
Result<> RunBundleProgram(Process& process, const Command& command);

}  // namespace ignite::handlers
