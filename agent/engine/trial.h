// The trial: between activation and commit, every health check must pass within its own timeout,
// and then keep passing until the trial period is over.
#pragma once

#include <functional>

#include "agent/engine/health.h"
#include "agent/engine/observer.h"
#include "base/clock.h"

namespace ignite::engine {

struct TrialOutcome {
  enum class Kind : uint8_t { kHealthy, kUnhealthy, kStopped };
  Kind kind = Kind::kHealthy;
  std::string cause;  ///< For kUnhealthy: which check, and what it found.
  StopRequest stop = StopRequest::kNone;
};

class Trial {
 public:
  using Milliseconds = Clock::Milliseconds;
  /// What to show meanwhile: the share of the period that is over, 0 to 100, and what is being
  /// done.
  using Report = std::function<void(int percent, const std::string& step)>;

  Trial(HealthChecker& checker, Clock& clock, Observer& observer)
      : checker_(checker), clock_(clock), observer_(observer) {}

  TrialOutcome Run(const std::vector<format::HealthCheckInfo>& checks, Milliseconds period,
                   const Report& report);

 private:
  struct Watched {
    const format::HealthCheckInfo* info;
    bool passed_once = false;
    bool healthy = false;
    int failures = 0;  ///< Since it first passed.
    Milliseconds used{
        0};  ///< Of its timeout: its own attempts and the pauses, not the attempts of others.
    std::string finding;
  };

  void Attempt(Watched& check);
  static bool HasFailed(const Watched& check);

  HealthChecker& checker_;
  Clock& clock_;
  Observer& observer_;
};

}  // namespace ignite::engine
