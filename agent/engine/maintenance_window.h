// The hours of the day in which the daemon may begin a transaction: `window` in agent.ini. An
// engineer is not bound by it, and neither is recovery.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ignite::engine {

class MaintenanceWindow {
 public:
  /// "02:00-04:00" or, over midnight, "23:30-05:00"; nullopt for anything else.
  static std::optional<MaintenanceWindow> Parse(std::string_view text);

  /// `wall_seconds` since 1970, read in the probe's time zone. `waited` is counted since boot: a
  /// window comes every day, so who waited longer than a day has a wrong clock before him, and may
  /// begin.
  bool MayBegin(int64_t wall_seconds, Clock::Milliseconds waited) const;

  /// As it was parsed.
  std::string ToString() const;

 private:
  MaintenanceWindow(int begin, int end) : begin_(begin), end_(end) {}

  int begin_;  ///< Minutes since midnight.
  int end_;    ///< No longer in it.
};

}  // namespace ignite::engine
