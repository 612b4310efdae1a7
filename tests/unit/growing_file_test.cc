#include "agent/inbox/growing_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::inbox {
namespace {

using fakes::FailsWith;
using fakes::Must;
using testing::HasSubstr;

/// While someone sleeps, others do something.
class BusyClock : public fakes::FakeClock {
 public:
  void Sleep(Milliseconds duration) override {
    FakeClock::Sleep(duration);
    ++sleeps;
    if (meanwhile) meanwhile();
  }
  std::function<void()> meanwhile;
  int sleeps = 0;
};

class GrowingFileTest : public testing::Test {
 protected:
  GrowingFileTest() { Append("0123"); }

  void Append(std::string_view text) { std::ofstream(path_, std::ios::app) << text; }
  GrowingFile Open(uint64_t expected = 10) {
    Upload upload;
    upload.name = "good.ignite";
    upload.expected_size = expected;
    return Must(GrowingFile::Open(inbox_, clock_, upload, [this] { return go_on_; }));
  }
  /// The text of a read of so many bytes from the beginning.
  Result<std::string> Read(size_t count) {
    GrowingFile file = Open();
    auto reader = file.Reader();
    Bytes bytes(count);
    bytes.resize(TRY(reader->Read(bytes)));
    return std::string(AsText(bytes));
  }
  std::string FaultOf(size_t count) {
    auto read = Read(count);
    return read ? "no fault" : read.error().cause;
  }

  fakes::TemporaryDirectory folder_;
  std::string path_ = folder_ / "good.ignite";
  Inbox inbox_{folder_.path()};
  BusyClock clock_;
  bool go_on_ = true;
};

TEST_F(GrowingFileTest, WhatIsHereIsReadAtOnce) {
  EXPECT_EQ(Must(Read(4)), "0123");
  EXPECT_EQ(clock_.sleeps, 0);
}

TEST_F(GrowingFileTest, WhatIsNotHereIsWaitedFor) {
  clock_.meanwhile = [&] {
    if (clock_.sleeps % 3 == 0) Append(clock_.sleeps == 3 ? "45" : "67");
  };
  EXPECT_EQ(Must(Read(8)), "01234567");
  EXPECT_EQ(clock_.sleeps, 6);
}

TEST_F(GrowingFileTest, ItEndsWhereItSaidItWould) {
  Append("456789");
  EXPECT_EQ(Must(Read(11)), "0123456789");
  EXPECT_EQ(clock_.sleeps, 0);
}

TEST_F(GrowingFileTest, WhatIsBehindItsEndCanBeSeen) {
  Append("456789x");
  EXPECT_EQ(Must(Read(20)), "0123456789x");
  GrowingFile file = Open();
  EXPECT_EQ(Must(file.Reader()->Size()), 11u);
}

TEST_F(GrowingFileTest, ItsSizeIsTheOneThatItIsGoingToHave) {
  GrowingFile file = Open();
  EXPECT_EQ(Must(file.Reader()->Size()), 10u);
  EXPECT_EQ(file.Percent(), 40);
  EXPECT_EQ(file.MissingBytes(), 6u);
  Append("456789x");
  EXPECT_EQ(file.Percent(), 100);
  EXPECT_EQ(file.MissingBytes(), 0u);
}

TEST_F(GrowingFileTest, TwoReadersBeginAtTheBeginning) {
  GrowingFile file = Open();
  for (int i = 0; i < 2; ++i) {
    Bytes bytes(2);
    EXPECT_EQ(Must(file.Reader()->Read(bytes)), 2u);
    EXPECT_EQ(AsText(bytes), "01");
  }
}

TEST_F(GrowingFileTest, AMinuteWithoutAByteIsTheEnd) {
  EXPECT_THAT(FaultOf(8), HasSubstr("did not go on for a minute"));
  EXPECT_EQ(clock_.now, Clock::Milliseconds(1'000) + GrowingFile::kStopped);
}

TEST_F(GrowingFileTest, ABytePerHalfMinuteIsWaitedFor) {
  clock_.meanwhile = [&] {
    if (clock_.sleeps % 200 == 0) Append("x");
  };
  EXPECT_EQ(Must(Read(10)), "0123xxxxxx");
}

TEST_F(GrowingFileTest, AFileThatBecomesShorterIsTheEnd) {
  clock_.meanwhile = [&] { std::filesystem::resize_file(path_, 2); };
  EXPECT_THAT(FaultOf(8), HasSubstr("became shorter"));
}

TEST_F(GrowingFileTest, AlsoWhereItGrowsAgain) {
  clock_.meanwhile = [&] { std::filesystem::resize_file(path_, clock_.sleeps == 1 ? 8 : 7); };
  GrowingFile file = Open(20);
  auto reader = file.Reader();
  Bytes bytes(9);
  auto read = reader->Read(bytes);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().cause, HasSubstr("became shorter"));
}

TEST_F(GrowingFileTest, ANameThatIsGoneIsTheEnd) {
  clock_.meanwhile = [&] { std::filesystem::remove(path_); };
  EXPECT_THAT(FaultOf(8), HasSubstr("removed, renamed or replaced"));
}

TEST_F(GrowingFileTest, AnotherFileOfTheNameIsTheEnd) {
  clock_.meanwhile = [&] {
    std::ofstream(folder_ / "other") << "0123456789";
    std::filesystem::rename(folder_ / "other", path_);
  };
  EXPECT_THAT(FaultOf(8), HasSubstr("removed, renamed or replaced"));
}

TEST_F(GrowingFileTest, WhoWaitsIsAskedWhetherToGoOn) {
  clock_.meanwhile = [&] { go_on_ = clock_.sleeps < 3; };
  auto read = Read(8);
  EXPECT_THAT(read, FailsWith(ErrorCode::kCancelled));
  EXPECT_EQ(clock_.sleeps, 3);
}

TEST_F(GrowingFileTest, TheQuestionCanBeExchanged) {
  GrowingFile file = Open();
  file.AskWhileWaiting([] { return false; });
  Bytes bytes(8);
  EXPECT_THAT(file.Reader()->Read(bytes), FailsWith(ErrorCode::kCancelled));
}

TEST_F(GrowingFileTest, ALinkIsNotOpened) {
  ASSERT_EQ(symlink("good.ignite", (folder_ / "link.ignite").c_str()), 0);
  Upload upload;
  upload.name = "link.ignite";
  upload.expected_size = 10;
  EXPECT_FALSE(GrowingFile::Open(inbox_, clock_, upload, [] { return true; }));
}

}  // namespace
}  // namespace ignite::inbox
