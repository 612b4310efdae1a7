// The engine's view of health checks. The types lie in agent/health.
#pragma once

#include <chrono>

#include "base/result.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::engine {

class HealthChecker {
 public:
  virtual ~HealthChecker() = default;
  virtual bool Knows(std::string_view type) const = 0;
  /// One attempt, which takes no longer than `limit`. An Error says what the check found.
  virtual Result<> Attempt(const format::HealthCheckInfo& check,
                           std::chrono::milliseconds limit) = 0;
};

}  // namespace ignite::engine
