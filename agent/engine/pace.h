// How long a transaction takes on this probe, by what its own last ones took.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/journal.h"
#include "agent/engine/settings.h"

namespace ignite::engine {

struct Pace {
  uint64_t staged_per_second = 20 * 1024 * 1024;  ///< Bytes on disk.
  Clock::Milliseconds activation{5'000};          ///< From stopping units to the trial.
  bool is_measured = false;                       ///< False: a guess, no committed one is kept.
};

/// The slowest of the kept transactions that committed without a reboot in between. Small ones say
/// nothing of the bytes in a second.
Result<Pace> MeasurePace(Journal& journal, HandlerTable& handlers);
/// The parts of a transaction, in their order.
struct Course {
  Clock::Milliseconds staging{0};
  Clock::Milliseconds reboot{0};  ///< A minute, where the operating system changes.
  Clock::Milliseconds activation{0};
  Clock::Milliseconds trial{0};

  Clock::Milliseconds Total() const { return staging + reboot + activation + trial; }
};
Result<Course> ExpectedCourse(const Plan& plan, const Pace& pace, const Settings& settings,
                              HandlerTable& handlers);

}  // namespace ignite::engine
