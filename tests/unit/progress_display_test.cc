#include "agent/cli/progress_display.h"

#include <gtest/gtest.h>

namespace ignite::cli {
namespace {

engine::Progress At(int percent, std::string step) {
  return {1, engine::State::kStaging, std::move(step), percent, std::chrono::seconds(80)};
}

TEST(ProgressTextTest, TellsPercentStepAndTimeLeft) {
  EXPECT_EQ(ProgressText(At(42, "unpacking web"), 79), " 42%  unpacking web  1 min 20 s left");
  engine::Progress progress = At(100, "committed");
  progress.left.reset();
  EXPECT_EQ(ProgressText(progress, 79), "100%  committed");
  progress.left = std::chrono::seconds(0);
  EXPECT_EQ(ProgressText(progress, 79), "100%  committed") << "nothing is left";
  progress.left = std::chrono::milliseconds(100);
  EXPECT_EQ(ProgressText(progress, 79), "100%  committed  1 s left");
}

TEST(ProgressTextTest, CutsTheStepWhereTheTerminalIsNarrow) {
  EXPECT_EQ(ProgressText(At(42, "unpacking a long name"), 35),
            " 42%  unpacking...  1 min 20 s left");
  EXPECT_EQ(ProgressText(At(42, "unpacking"), 3).size(),
            std::string(" 42%    1 min 20 s left").size())
      << "the terminal cuts the rest";
}

TEST(ProgressTextTest, LetsNoStepSteerATerminal) {
  EXPECT_EQ(ProgressText({1, engine::State::kStaging, "\x1b[2J", 1, {}}, 79), "  1%  \\x1b[2J");
}

}  // namespace
}  // namespace ignite::cli
