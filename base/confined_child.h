// Starts a program under a Confinement (process.h), for base/process.cc alone: what posix_spawn
// cannot do.
//
// With a file system or a network of its own the program lives in namespaces of a user namespace,
// so that neither root nor we need a capability for it. The child that Start() returns is then the
// first process of a PID namespace: when it ends or is killed, the kernel kills every process that
// the program left behind, whatever session or group they moved to. It ends when we end.
#pragma once

#include <sys/types.h>

#include "base/process.h"
#include "base/result.h"

namespace ignite {

/// `environment` is the whole one. Returns once the program runs; an Error means that it could not
/// be confined or started, and that nothing of it is left.
Result<pid_t> StartConfined(const Command& command, std::vector<std::string> environment, int input,
                            int output);

}  // namespace ignite
