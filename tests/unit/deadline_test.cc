#include "agent/init/deadline.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::init {
namespace {

/// Each second that passes is one for the machine on trial, too.
class Machine : public Clock, public Trial {
 public:
  int64_t WallSeconds() override { return 0; }
  Milliseconds BootTime() override { return now_; }
  void Sleep(Milliseconds duration) override {
    now_ += duration;
    if (each_second) each_second(now_.count() / 1000);
  }
  bool IsGood() override { return good; }
  uint32_t DeadlineSeconds() override { return deadline; }

  std::function<void(int64_t)> each_second;
  bool good = false;
  uint32_t deadline = 600;

 private:
  Milliseconds now_{0};
};

class DeadlineTest : public testing::Test {
 protected:
  DeadlineTest() { fakes::Must(files_->MakeDirectories(paths_.State(), 0755)); }
  void TellProgress() {
    fakes::Must(files_->WriteAtomically(paths_.Progress(), AsBytes("x"), 0644));
  }
  std::optional<uint32_t> Await() { return AwaitDeadline(machine_, paths_, *files_, machine_); }

  fakes::TemporaryDirectory folder_;
  engine::ProbePaths paths_{folder_.path()};
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  Machine machine_;
};

TEST_F(DeadlineTest, ATrialWithoutASignOfLifeEndsAtTheDeadline) { EXPECT_EQ(Await(), 600); }

TEST_F(DeadlineTest, ProgressOfAnEarlierBootIsNoSignOfLife) {
  TellProgress();
  machine_.deadline = 5;
  EXPECT_EQ(Await(), 5);
}

TEST_F(DeadlineTest, ATrialIsOverAsSoonAsItsSlotIsGood) {
  machine_.each_second = [&](int64_t second) { machine_.good = second == 20; };
  EXPECT_EQ(Await(), std::nullopt);
  EXPECT_EQ(machine_.BootTime(), std::chrono::seconds(20));
}

TEST_F(DeadlineTest, ProgressPutsTheDeadlineOffUntilAMinuteAfterItsLastSign) {
  machine_.each_second = [&](int64_t second) {
    if (second % 59 == 0 && second < 1000) TellProgress();
  };
  EXPECT_EQ(Await(), 944 + 60);
}

TEST_F(DeadlineTest, ProgressThatEndedAMinuteAgoPutsNothingOff) {
  machine_.each_second = [&](int64_t second) {
    if (second <= 540) TellProgress();
  };
  EXPECT_EQ(Await(), 600);
}

TEST_F(DeadlineTest, ProgressPutsTheDeadlineOffToFourTimesItsLengthAtMost) {
  machine_.each_second = [&](int64_t) { TellProgress(); };
  EXPECT_EQ(Await(), 2400);
}

TEST_F(DeadlineTest, AShortDeadlineIsNoLongerPatient) {
  machine_.deadline = 5;
  machine_.each_second = [&](int64_t second) {
    if (second <= 3) TellProgress();
  };
  EXPECT_EQ(Await(), 8);
}

TEST_F(DeadlineTest, ADeadlineThatIsReadLateHolds) {
  machine_.each_second = [&](int64_t second) { machine_.deadline = second < 10 ? 600 : 30; };
  EXPECT_EQ(Await(), 30);
}

}  // namespace
}  // namespace ignite::init
