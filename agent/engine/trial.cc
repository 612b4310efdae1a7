#include "agent/engine/trial.h"

#include <algorithm>

#include "base/str_cat.h"

namespace ignite::engine {
namespace {

using Milliseconds = Clock::Milliseconds;

constexpr Milliseconds kShortestAttempt{100};
constexpr Milliseconds kPauseBeforeFirstPass{200};
constexpr Milliseconds kPauseWhileHealthy{1'000};
/// In a whole trial: one lost packet must not take a good release back, and one that comes and goes
/// must not stay.
constexpr int kToleratedFailures = 2;

std::string TrialWords(bool unchecked, bool all_passed_once, bool all_healthy) {
  if (unchecked) return "on trial, without a health check";
  if (!all_passed_once) return "waiting for the health checks to pass";
  return all_healthy ? "on trial, all checks pass" : "on trial, a check that passed fails now";
}

}  // namespace

void Trial::Attempt(Watched& check) {
  Milliseconds timeout(check.info->timeout_ms);
  Milliseconds limit =
      check.passed_once ? timeout : std::max(timeout - check.used, kShortestAttempt);
  Milliseconds begin = clock_.BootTime();
  auto result = checker_.Attempt(*check.info, limit);
  check.used += clock_.BootTime() - begin;
  check.healthy = result.has_value();
  check.failures += check.passed_once && !result ? 1 : 0;
  check.passed_once |= result.has_value();
  if (!result) check.finding = result.error().cause;
}

bool Trial::HasFailed(const Watched& check) {
  if (check.healthy) return false;
  return check.passed_once ? check.failures > kToleratedFailures
                           : check.used >= Milliseconds(check.info->timeout_ms);
}

TrialOutcome Trial::Run(const std::vector<format::HealthCheckInfo>& checks, Milliseconds period,
                        const Report& report) {
  Milliseconds start = clock_.BootTime();
  std::vector<Watched> watched;
  for (const auto& check : checks) watched.push_back({.info = &check, .finding = {}});
  for (;;) {
    if (StopRequest stop = observer_.Stop(); stop != StopRequest::kNone) {
      return {TrialOutcome::Kind::kStopped, {}, stop};
    }
    bool all_healthy = true;
    bool all_passed_once = true;
    for (Watched& check : watched) {
      Attempt(check);
      if (HasFailed(check)) {
        return {TrialOutcome::Kind::kUnhealthy,
                StrCat("health check '", check.info->name, "' failed: ", check.finding),
                StopRequest::kNone};
      }
      all_healthy &= check.healthy;
      all_passed_once &= check.passed_once;
    }
    Milliseconds elapsed = clock_.BootTime() - start;
    if (all_healthy && elapsed >= period) return {};
    int percent =
        period.count() == 0 ? 0 : static_cast<int>(std::min<int64_t>(100, elapsed * 100 / period));
    report(percent, TrialWords(checks.empty(), all_passed_once, all_healthy));
    Milliseconds pause = all_passed_once ? kPauseWhileHealthy : kPauseBeforeFirstPass;
    if (period > elapsed) pause = std::min(pause, period - elapsed);
    clock_.Sleep(pause);
    for (Watched& check : watched) check.used += pause;
  }
}

}  // namespace ignite::engine
