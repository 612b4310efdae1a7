#include "agent/engine/maintenance_window.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace ignite::engine {
namespace {

using std::chrono::hours;

constexpr Clock::Milliseconds kNoWait{0};

class MaintenanceWindowTest : public testing::Test {
 protected:
  void SetUp() override { UseZone("UTC"); }
  void TearDown() override { UseZone("UTC"); }

  static void UseZone(const char* zone) {
    ASSERT_EQ(setenv("TZ", zone, 1), 0);
    tzset();
  }
  static int64_t At(int hour, int minute) { return (20'000 * 24 + hour) * 3600 + minute * 60; }
};

TEST_F(MaintenanceWindowTest, BeginsAtItsFirstMinuteAndEndsBeforeItsLast) {
  auto window = MaintenanceWindow::Parse("02:00-04:30");
  ASSERT_TRUE(window);
  EXPECT_FALSE(window->MayBegin(At(1, 59), kNoWait));
  EXPECT_TRUE(window->MayBegin(At(2, 0), kNoWait));
  EXPECT_TRUE(window->MayBegin(At(4, 29), kNoWait));
  EXPECT_FALSE(window->MayBegin(At(4, 30), kNoWait));
}

TEST_F(MaintenanceWindowTest, GoesOverMidnight) {
  auto window = MaintenanceWindow::Parse("23:30-00:15");
  ASSERT_TRUE(window);
  EXPECT_FALSE(window->MayBegin(At(23, 29), kNoWait));
  EXPECT_TRUE(window->MayBegin(At(23, 30), kNoWait));
  EXPECT_TRUE(window->MayBegin(At(0, 14), kNoWait));
  EXPECT_FALSE(window->MayBegin(At(0, 15), kNoWait));
  EXPECT_FALSE(window->MayBegin(At(12, 0), kNoWait));
}

TEST_F(MaintenanceWindowTest, IsInTheTimeOfTheProbe) {
  auto window = MaintenanceWindow::Parse("02:00-04:00");
  ASSERT_TRUE(window);
  UseZone("PST8");
  EXPECT_FALSE(window->MayBegin(At(3, 0), kNoWait));
  EXPECT_TRUE(window->MayBegin(At(11, 0), kNoWait));
}

TEST_F(MaintenanceWindowTest, AWrongClockHoldsNothingBackForEver) {
  auto window = MaintenanceWindow::Parse("02:00-04:00");
  ASSERT_TRUE(window);
  EXPECT_FALSE(window->MayBegin(At(12, 0), hours(25)));
  EXPECT_TRUE(window->MayBegin(At(12, 0), hours(25) + std::chrono::seconds(1)));
}

TEST_F(MaintenanceWindowTest, OnlyTwoTimesOfDayAreOne) {
  for (const char* text : {"", "02:00", "2:00-4:00", "02:00-02:00", "24:00-02:00", "02:60-04:00",
                           "02:00-04:00-06:00", "02:00 - 04:00", "ab:cd-ef:gh", "-1:00-02:00"})
    EXPECT_FALSE(MaintenanceWindow::Parse(text)) << text;
  EXPECT_EQ(MaintenanceWindow::Parse("00:05-23:59")->ToString(), "00:05-23:59");
}

}  // namespace
}  // namespace ignite::engine
