// The deadline of a trial: where nobody marks a new operating system good in time it is left by a
// reboot, for a loader counts a trial down at boots alone. A migration that is longer than the
// deadline must not be cut off by it, so it is put off while the agent's progress file changes, to
// four times its length at most.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/engine/probe_paths.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace ignite::init {

/// Is asked again and again: what it answers from may be mounted late, or never.
class Trial {
 public:
  virtual ~Trial() = default;
  /// Whether the loader's own record says so. Not where that cannot be read: nobody can have marked
  /// the slot good then.
  virtual bool IsGood() = 0;
  virtual uint32_t DeadlineSeconds() = 0;
};

/// The seconds that it took until the deadline was over; nullopt as soon as the slot is good.
std::optional<uint32_t> AwaitDeadline(Trial& trial, const engine::ProbePaths& paths,
                                      FileSystem& files, Clock& clock);

/// Also where a disk does not answer. Returns where the kernel refuses.
void RebootAtOnce(Clock& clock);

}  // namespace ignite::init
