#include <gmock/gmock.h>

#include <filesystem>

#include "agent/engine/arrival.h"
#include "agent/engine/cancellation.h"
#include "agent/engine/pace.h"
#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::BundleRecipe;
using fakes::FakeProbe;
using fakes::Must;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

BundleRecipe Release(int number) {
  BundleRecipe recipe;
  recipe.version = StrCat(number, ".0");
  recipe.counter = static_cast<uint64_t>(number);
  return recipe;
}

/// A bundle of which `here` bytes are here. A read of more waits three times for `then`, which may
/// bring some; without any it fails.
class FakeArrival : public Arrival {
 public:
  FakeArrival(Bytes bytes, std::string folder)
      : bytes_(std::move(bytes)), folder_(std::move(folder)), here(bytes_.size()) {}

  std::unique_ptr<InputFile> Reader() { return std::make_unique<From>(*this); }
  int Percent() override { return static_cast<int>(here * 100 / bytes_.size()); }
  uint64_t MissingBytes() override { return missing.value_or(bytes_.size() - here); }
  std::string Folder() override { return folder_; }
  void AskWhileWaiting(std::function<bool()> go_on) override { go_on_ = std::move(go_on); }

  Bytes& bytes() { return bytes_; }

 private:
  class From : public InputFile {
   public:
    explicit From(FakeArrival& arrival) : arrival_(arrival) {}
    Result<size_t> Read(std::span<std::byte> buffer) override {
      size_t count = std::min(buffer.size(), arrival_.bytes_.size() - place_);
      if (place_ + count > arrival_.here) TRY(arrival_.Wait());
      std::copy_n(arrival_.bytes_.begin() + static_cast<std::ptrdiff_t>(place_), count,
                  buffer.begin());
      place_ += count;
      return count;
    }
    Result<> Seek(uint64_t) override { return {}; }
    Result<uint64_t> Size() override { return arrival_.bytes_.size(); }

   private:
    FakeArrival& arrival_;
    size_t place_ = 0;
  };

  Result<> Wait() {
    for (int i = 0; i < 3; ++i) {
      if (!go_on_()) return Error{ErrorCode::kCancelled, "stopped", ""};
    }
    if (then) then();
    if (here == bytes_.size()) return {};
    return Error{ErrorCode::kIo, "the upload died", "upload it again"};
  }

  Bytes bytes_;
  std::string folder_;
  std::function<bool()> go_on_ = [] { return true; };

 public:
  size_t here;
  std::optional<uint64_t> missing;
  std::function<void()> then;
};

class EarlyStagingTest : public testing::Test {
 protected:
  Result<Verdict> Install(FakeArrival& arrival) {
    Parts parts = probe_.parts();
    return Engine(parts).Install({arrival.Reader(), "test.ignite", Origin::kInbox, &arrival},
                                 probe_.observer);
  }
  /// All but the last bytes: the end of the archive.
  FakeArrival AlmostAll(const BundleRecipe& recipe) {
    FakeArrival arrival(FakeProbe::Bundle(recipe), probe_.folder.path());
    arrival.here -= 1024;
    return arrival;
  }
  void ExpectNothingLeft() {
    EXPECT_THAT(probe_.Releases(), IsEmpty());
    EXPECT_THAT(Must(probe_.real_files->List(probe_.paths.State() + "/tables/app/web")), IsEmpty());
    EXPECT_THAT(Must(probe_.real_files->List(ParentOf(probe_.paths.Deployment(1)))), IsEmpty());
  }
  std::vector<TransactionRecord> History() { return Must(probe_.OpenJournal().Transactions()); }

  FakeProbe probe_;
};

TEST_F(EarlyStagingTest, TheReleaseIsThereBeforeTheUploadIs) {
  FakeArrival arrival = AlmostAll(Release(1));
  bool was_staged = false;
  arrival.then = [&] {
    was_staged = std::filesystem::exists(probe_.Path("/opt/web/releases/1.0-t1/version.txt"));
    arrival.here = arrival.bytes().size();
  };
  EXPECT_EQ(Must(Install(arrival)).state, State::kCommitted);
  EXPECT_TRUE(was_staged);
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
}

TEST_F(EarlyStagingTest, WhoWatchesSeesHowMuchHasComeIn) {
  FakeArrival arrival = AlmostAll(Release(1));
  arrival.then = [&] { arrival.here = arrival.bytes().size(); };
  std::string step = StrCat("unpacking web while the upload comes in at ", arrival.Percent(), "%");
  Must(Install(arrival));
  // With the payload and its two chunks, and once while it waits: not with each of its questions.
  EXPECT_THAT(probe_.observer.seen, Contains(Field(&Progress::step, step)).Times(4));
}

TEST_F(EarlyStagingTest, AnUploadThatDiesIsNotJudgedAndLeavesNothing) {
  FakeArrival arrival = AlmostAll(Release(1));
  Verdict verdict = Must(Install(arrival));
  EXPECT_EQ(verdict.state, State::kFailed);
  EXPECT_EQ(verdict.reason, "upload");
  EXPECT_EQ(verdict.cause, "the upload died");
  ExpectNothingLeft();
  EXPECT_EQ(Must(probe_.Install(Release(1), Origin::kInbox)).state, State::kCommitted);
}

TEST_F(EarlyStagingTest, DamageIsNotJudgedBeforeTheUploadIsWhole) {
  FakeArrival arrival(FakeProbe::Bundle(Release(1)), probe_.folder.path());
  arrival.bytes()[arrival.bytes().size() - 1024 - 512] ^= std::byte{1};
  EXPECT_EQ(Must(Install(arrival)).reason, "upload");
  ExpectNothingLeft();
}

TEST_F(EarlyStagingTest, ABundleThatCannotBeOpenedEntersNoHistory) {
  FakeArrival arrival = AlmostAll(Release(1));
  arrival.here = 700;
  EXPECT_FALSE(Install(arrival));
  EXPECT_THAT(History(), IsEmpty());
}

TEST_F(EarlyStagingTest, AnOperatingSystemIsNotTouchedBeforeTheUploadIsWhole) {
  BundleRecipe recipe = Release(1);
  recipe.image = "a system";
  FakeArrival arrival = AlmostAll(recipe);
  Verdict verdict = Must(Install(arrival));
  EXPECT_EQ(verdict.state, State::kReceived);
  EXPECT_EQ(verdict.transaction, 0);
  EXPECT_THAT(History(), IsEmpty());
}

TEST_F(EarlyStagingTest, TheRestOfTheUploadKeepsItsRoom) {
  FakeArrival arrival = AlmostAll(Release(1));
  arrival.missing = uint64_t{1} << 60;
  EXPECT_EQ(Must(Install(arrival)).state, State::kReceived);
  EXPECT_THAT(History(), IsEmpty());
}

TEST_F(EarlyStagingTest, ACancelEndsTheWait) {
  FakeArrival arrival = AlmostAll(Release(1));
  Must(probe_.real_files->MakeDirectories(probe_.paths.State(), 0755));
  Must(AskToCancel(probe_.files, probe_.paths, 1));
  EXPECT_EQ(Must(Install(arrival)).state, State::kCancelled);
  ExpectNothingLeft();
}

TEST_F(EarlyStagingTest, TheEndOfTheAgentEndsTheWait) {
  FakeArrival arrival = AlmostAll(Release(1));
  probe_.observer.stop = StopRequest::kSuspend;
  EXPECT_EQ(Must(Install(arrival)).reason, "suspended");
  ExpectNothingLeft();
}

TEST_F(EarlyStagingTest, AWindowThatClosedMeanwhileIsWaitedFor) {
  // It closes while the upload comes in, wherever this machine's time zone is.
  FakeArrival arrival = AlmostAll(Release(1));
  arrival.then = [&] {
    arrival.here = arrival.bytes().size();
    probe_.settings.window = MaintenanceWindow::Parse("00:00-12:00");
    if (probe_.settings.window->MayBegin(probe_.clock.WallSeconds(), {}))
      probe_.settings.window = MaintenanceWindow::Parse("12:00-00:00");
  };
  Verdict verdict = Must(Install(arrival));
  EXPECT_EQ(verdict.state, State::kFailed);
  EXPECT_EQ(verdict.reason, "upload");
  EXPECT_THAT(verdict.cause, HasSubstr("window closed"));
  ExpectNothingLeft();
}

TEST_F(EarlyStagingTest, WhatIsCutOffWhileItComesInIsNeverCutOffTooOften) {
  Must(probe_.Install(Release(1)));
  auto plan = History().back().plan;
  ASSERT_TRUE(plan);
  for (int i = 0; i < 4; ++i) {
    // A process that dies here leaves just this.
    Journal journal = probe_.OpenJournal();
    int64_t id = Must(journal.Begin("test.ignite"));
    Must(journal.SetPlan(id, *plan));
    Must(journal.Enter(id, State::kStaging, kStagingEarly));
    EXPECT_EQ(Must(probe_.Recover())->verdict.reason, "upload");
  }
}

TEST_F(EarlyStagingTest, TheSpeedOfAnUploadIsNotThatOfTheProbe) {
  BundleRecipe recipe = Release(1);
  recipe.bytes = 4 * 1024 * 1024;
  FakeArrival arrival = AlmostAll(recipe);
  arrival.then = [&] {
    probe_.clock.Sleep(std::chrono::hours(1));
    arrival.here = arrival.bytes().size();
  };
  ASSERT_EQ(Must(Install(arrival)).state, State::kCommitted);
  Journal journal = probe_.OpenJournal();
  Pace pace = Must(MeasurePace(journal, probe_.handlers));
  EXPECT_TRUE(pace.is_measured);
  EXPECT_EQ(pace.staged_per_second, Pace{}.staged_per_second);
}

}  // namespace
}  // namespace ignite::engine
