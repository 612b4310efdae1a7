// The seam to time. Deadlines use the boot clock, which no administrator and no NTP server moves.
#pragma once

#include <chrono>
#include <memory>

namespace ignite {

class Clock {
 public:
  using Milliseconds = std::chrono::milliseconds;

  virtual ~Clock() = default;
  /// Seconds since 1970 as the machine believes; for display, records, and what a wrong
  /// clock cannot turn against the probe.
  virtual int64_t WallSeconds() = 0;
  /// Time since boot, suspend included (CLOCK_BOOTTIME).
  virtual Milliseconds BootTime() = 0;
  virtual void Sleep(Milliseconds duration) = 0;
};

std::unique_ptr<Clock> MakeSystemClock();

}  // namespace ignite
