#include "agent/engine/trial.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_probe.h"

namespace ignite::engine {
namespace {

using Kind = TrialOutcome::Kind;

class TrialTest : public testing::Test {
 protected:
  TrialOutcome Run(std::chrono::milliseconds period) {
    return Trial(health_, clock_, observer_).Run(checks_, period, [](int, const std::string&) {});
  }

  std::vector<format::HealthCheckInfo> checks_ = {{"web", "fake", 3'000, {}},
                                                  {"db", "fake", 3'000, {}}};
  fakes::FakeHealth health_;
  fakes::FakeClock clock_;
  fakes::FakeObserver observer_;
};

TEST_F(TrialTest, ChecksThatPassHoldForTheWholePeriod) {
  auto start = clock_.now;
  EXPECT_EQ(Run(std::chrono::seconds(10)).kind, Kind::kHealthy);
  EXPECT_GE(clock_.now - start, std::chrono::seconds(10));
  EXPECT_GT(health_.attempts, 10);
}

TEST_F(TrialTest, WithoutAPeriodEachCheckMustStillPassOnce) {
  EXPECT_EQ(Run(std::chrono::seconds(0)).kind, Kind::kHealthy);
  EXPECT_EQ(health_.attempts, 2);
  health_.failing = {"db"};
  EXPECT_EQ(Run(std::chrono::seconds(0)).kind, Kind::kUnhealthy);
}

TEST_F(TrialTest, ACheckMayFailUntilItsTimeout) {
  health_.failures_first["web"] = 10;  // At five attempts a second.
  EXPECT_EQ(Run(std::chrono::seconds(0)).kind, Kind::kHealthy);
}

TEST_F(TrialTest, ACheckThatDoesNotPassInItsTimeoutFailsAndSaysWhy) {
  health_.failing = {"db"};
  auto start = clock_.now;
  TrialOutcome outcome = Run(std::chrono::hours(1));
  EXPECT_EQ(outcome.kind, Kind::kUnhealthy);
  EXPECT_THAT(outcome.cause, testing::HasSubstr("'db' failed: it is not well"));
  EXPECT_LT(clock_.now - start, std::chrono::seconds(5));
}

TEST_F(TrialTest, OneFailureDuringTheTrialIsTolerated) {
  struct Flapping : fakes::FakeHealth {
    Result<> Attempt(const format::HealthCheckInfo& check,
                     std::chrono::milliseconds limit) override {
      if (attempts == fail_from) failures_first[check.name] = failures;
      return FakeHealth::Attempt(check, limit);
    }
    int fail_from = 6;
    int failures = 1;
  } health;
  EXPECT_EQ(Trial(health, clock_, observer_)
                .Run(checks_, std::chrono::seconds(10), [](int, const std::string&) {})
                .kind,
            Kind::kHealthy);
  health.attempts = 0;
  health.failures = 3;
  EXPECT_EQ(Trial(health, clock_, observer_)
                .Run(checks_, std::chrono::seconds(10), [](int, const std::string&) {})
                .kind,
            Kind::kUnhealthy);
}

TEST_F(TrialTest, AFailureAtTheVeryEndIsNotCommittedOver) {
  struct FailsLate : fakes::FakeHealth {
    explicit FailsLate(fakes::FakeClock& c) : clock(c) {}
    Result<> Attempt(const format::HealthCheckInfo& check,
                     std::chrono::milliseconds limit) override {
      if (clock.now >= std::chrono::milliseconds(10'500)) failing = {"web"};
      return FakeHealth::Attempt(check, limit);
    }
    fakes::FakeClock& clock;
  } health(clock_);
  EXPECT_EQ(Trial(health, clock_, observer_)
                .Run(checks_, std::chrono::seconds(10), [](int, const std::string&) {})
                .kind,
            Kind::kUnhealthy);
}

TEST_F(TrialTest, AStopRequestEndsItAtOnce) {
  observer_.stop = StopRequest::kSuspend;
  observer_.stop_after = 3;
  TrialOutcome outcome = Run(std::chrono::hours(1));
  EXPECT_EQ(outcome.kind, Kind::kStopped);
  EXPECT_EQ(outcome.stop, StopRequest::kSuspend);
}

TEST_F(TrialTest, WithoutChecksThePeriodIsWaitedFor) {
  checks_.clear();
  auto start = clock_.now;
  EXPECT_EQ(Run(std::chrono::seconds(60)).kind, Kind::kHealthy);
  EXPECT_EQ(clock_.now - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace ignite::engine
