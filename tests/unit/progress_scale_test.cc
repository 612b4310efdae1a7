#include "agent/engine/progress_scale.h"

#include <gtest/gtest.h>

namespace ignite::engine {
namespace {

using std::chrono::seconds;

Course MostlyTrial() {
  Course course;
  course.staging = seconds(10);
  course.activation = seconds(10);
  course.trial = seconds(80);
  return course;
}

TEST(ProgressScaleTest, SaysNothingOfTheTimeLeftByAGuess) {
  ProgressScale guess;
  EXPECT_FALSE(guess.Staging(50).left);
  EXPECT_FALSE(guess.Trial(50).left);
  EXPECT_EQ(guess.At(State::kCommitted).percent, 100);
}

TEST(ProgressScaleTest, GivesEachPartThePercentsOfItsTime) {
  ProgressScale scale(MostlyTrial());
  EXPECT_EQ(scale.Staging(0).percent, 3);
  EXPECT_EQ(scale.Staging(100).percent, 14);
  EXPECT_EQ(scale.At(State::kApplying).percent, 14);
  EXPECT_EQ(scale.Trial(0).percent, 25);
  EXPECT_EQ(scale.Trial(100).percent, 99);
}

TEST(ProgressScaleTest, ReckonsTheTimeLeftFromTheShareThatIsDone) {
  ProgressScale scale(MostlyTrial());
  EXPECT_EQ(scale.Staging(0).left, seconds(100));
  EXPECT_EQ(scale.Staging(50).left, seconds(95));
  EXPECT_EQ(scale.At(State::kApplying).left, seconds(90));
  EXPECT_EQ(scale.Trial(75).left, seconds(20));
  EXPECT_FALSE(scale.At(State::kRollingBack).left);
}

TEST(ProgressScaleTest, ShowsAPartThatTakesNoTime) {
  Course course;
  course.staging = seconds(1);
  ProgressScale scale(course);
  EXPECT_LT(scale.Staging(100).percent, scale.Trial(0).percent);
  EXPECT_LT(scale.Trial(0).percent, scale.Trial(100).percent);
  EXPECT_FALSE(ProgressScale(Course()).Staging(0).left) << "nothing was expected of it";
}

TEST(ShownMarkTest, NeverGoesBackwards) {
  ShownMark shown;
  shown.Next({50, seconds(10)});
  Mark slower = shown.Next({40, seconds(12)});
  EXPECT_EQ(slower.percent, 50);
  EXPECT_EQ(slower.left, seconds(10));
  EXPECT_FALSE(shown.Next({60, std::nullopt}).left) << "a rollback takes what it takes";
}

}  // namespace
}  // namespace ignite::engine
