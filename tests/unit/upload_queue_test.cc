#include "agent/upload_queue.h"

#include <gmock/gmock.h>

#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite {
namespace {

using fakes::Must;
using inbox::Upload;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class UploadQueueTest : public testing::Test {
 protected:
  static engine::Settings Parse(std::string_view policy) {
    return Must(engine::Settings::Parse(
        StrCat("[probe]\nproduct = netprobe\ncompatible = box\n[policy]\n", policy)));
  }
  static Upload Growing(uint64_t size, milliseconds idle = milliseconds(0)) {
    Upload upload;
    upload.name = "a.ignite";
    upload.version = {1, 2, size, static_cast<int64_t>(size)};
    upload.expected_size = 1000;
    upload.content_id = "c0";
    upload.idle = idle;
    return upload;
  }
  static Upload Complete(std::string name = "a.ignite") {
    Upload upload = Growing(1000, seconds(2));
    upload.name = std::move(name);
    upload.kind = Upload::Kind::kComplete;
    return upload;
  }

  fakes::FakeClock clock_;
};

TEST_F(UploadQueueTest, AnUploadThatDidNotGoOnForADayHasEnded) {
  EXPECT_FALSE(UploadQueue::EndOf(Growing(500, hours(24))));
  auto end = UploadQueue::EndOf(Growing(500, hours(24) + milliseconds(1)));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->state, engine::State::kFailed);
  EXPECT_EQ(end->reason, "stalled");
  EXPECT_EQ(end->cause, "the upload stopped at 500 bytes and did not go on for a day");
  EXPECT_FALSE(UploadQueue::EndOf(Complete())) << "one that waits for a window may wait for days";
}

TEST_F(UploadQueueTest, WhatIsNoBundleEndsWithItsFault) {
  Upload junk = Growing(10, seconds(2));
  junk.kind = Upload::Kind::kNoBundle;
  junk.fault = Error{ErrorCode::kUnsupported, "of a later format", "update ignite"};
  auto end = UploadQueue::EndOf(junk);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->state, engine::State::kRefused);
  EXPECT_EQ(end->reason, "format");
  EXPECT_EQ(end->remedy, "update ignite");
}

TEST_F(UploadQueueTest, EachThingIsSaidOnce) {
  engine::Settings settings = Parse("auto-apply = no\n");
  UploadQueue queue(settings, clock_);
  auto half = queue.ObstacleOf(Growing(500)).value();
  EXPECT_EQ(half.percent, 50);
  EXPECT_EQ(half.cause, "the upload is coming in at 50%: 500 bytes of 1.0 kB");
  EXPECT_TRUE(queue.IsNews(Growing(500), half));
  EXPECT_FALSE(queue.IsNews(Growing(500), half));
  auto stopped = queue.ObstacleOf(Growing(500, UploadQueue::kStopped)).value();
  EXPECT_THAT(stopped.remedy, HasSubstr("resume the upload"));
  EXPECT_TRUE(queue.IsNews(Growing(500), stopped));
  ASSERT_THAT(queue.Waiting(""), testing::SizeIs(1));
  EXPECT_EQ(queue.Waiting("")[0].why, "the upload has stopped") << "without what changes";
  EXPECT_THAT(queue.Waiting("a.ignite"), IsEmpty()) << "its worker tells of it";
  auto whole = queue.ObstacleOf(Complete()).value();
  EXPECT_EQ(whole.percent, 100);
  EXPECT_THAT(whole.cause, HasSubstr("applies nothing by itself"));
}

TEST_F(UploadQueueTest, NoCrowdThatWaitsFillsTheOutbox) {
  engine::Settings settings = Parse("");
  UploadQueue queue(settings, clock_);
  auto tell = [&](int number, uint64_t size) {
    Upload upload = Growing(size);
    upload.name = StrCat(number, ".ignite");
    return queue.IsNews(upload, *queue.ObstacleOf(upload));
  };
  size_t told = 0;
  for (int number = 0; number < 200; ++number) told += tell(number, 500) ? 1 : 0;
  EXPECT_EQ(told, UploadQueue::kMostTold);
  EXPECT_THAT(queue.Waiting(""), testing::SizeIs(UploadQueue::kMostTold));
  EXPECT_TRUE(tell(7, 500 + 100)) << "who was told of goes on being told of";
  queue.Tidy(inbox::Inbox("/nonexistent"));
  EXPECT_FALSE(tell(199, 500));
}

TEST_F(UploadQueueTest, NoNameThatComesAgainAndAgainKeepsAnotherFromItsTurn) {
  engine::Settings settings = Parse("");
  UploadQueue queue(settings, clock_);
  auto names = [&] {
    std::vector<Upload> uploads = {Complete("a-2.ignite"), Complete("a-10.ignite"),
                                   Complete("z.ignite")};
    queue.Order(uploads);
    std::vector<std::string> ordered;
    for (const Upload& upload : uploads) ordered.push_back(upload.name);
    return ordered;
  };
  EXPECT_THAT(names(), ElementsAre("a-2.ignite", "a-10.ignite", "z.ignite"));
  queue.Take(Complete("a-2.ignite"));
  EXPECT_THAT(names(), ElementsAre("a-10.ignite", "z.ignite", "a-2.ignite"));
  queue.Take(Complete("z.ignite"));
  EXPECT_THAT(names(), ElementsAre("a-2.ignite", "a-10.ignite", "z.ignite"));
}

TEST_F(UploadQueueTest, WhatWasTakenInVainIsNotTakenAgainAtOnce) {
  engine::Settings settings = Parse("");
  UploadQueue queue(settings, clock_);
  EXPECT_FALSE(queue.ObstacleOf(Complete()));
  EXPECT_TRUE(queue.MayTake(Complete()));
  queue.Take(Complete());
  clock_.now += UploadQueue::kRetry - milliseconds(1);
  EXPECT_FALSE(queue.MayTake(Complete()));
  Upload newer = Complete();
  newer.version.inode = 3;
  EXPECT_TRUE(queue.MayTake(newer)) << "another upload of the name";
  queue.Take(Complete());
  clock_.now += UploadQueue::kRetry;
  EXPECT_TRUE(queue.MayTake(Complete()));
}

TEST_F(UploadQueueTest, AWindowThatIsClosedOpensAfterADayWhateverTheClockSays) {
  std::string closed = engine::TimeText(clock_.WallSeconds() + 12 * 3600).substr(11, 5);
  engine::Settings settings = Parse(StrCat("window = ", closed, "-", closed.substr(0, 2), ":59\n"));
  UploadQueue queue(settings, clock_);
  auto obstacle = queue.ObstacleOf(Complete());
  ASSERT_TRUE(obstacle);
  EXPECT_THAT(obstacle->cause, HasSubstr("waits for the maintenance window"));
  clock_.now += hours(26);
  EXPECT_FALSE(queue.ObstacleOf(Complete()));
}

class EarlyQueueTest : public UploadQueueTest {
 protected:
  /// Seen twice, larger the second time.
  const Upload* Next(UploadQueue& queue) {
    (void)queue.ObstacleOf(Growing(400));
    uploads_ = {Growing(500)};
    (void)queue.ObstacleOf(uploads_[0]);
    return queue.NextEarly(uploads_);
  }

  engine::Settings settings_ = Parse("stage = early\n");
  std::vector<Upload> uploads_;
};

TEST_F(EarlyQueueTest, OneThatGrowsIsTakenEarly) {
  UploadQueue queue(settings_, clock_);
  const Upload* next = Next(queue);
  EXPECT_EQ(next, &uploads_[0]);
  clock_.now += seconds(5);
  EXPECT_EQ(queue.NextEarly(uploads_), nullptr) << "it did not grow lately";
}

TEST_F(EarlyQueueTest, NotWithoutThePolicyNorByThemselves) {
  for (std::string_view policy : {"stage = complete\n", "stage = early\nauto-apply = no\n"}) {
    engine::Settings settings = Parse(policy);
    UploadQueue queue(settings, clock_);
    EXPECT_EQ(Next(queue), nullptr) << policy;
  }
}

TEST_F(EarlyQueueTest, OneThatIsCompleteHasItsTurnFirst) {
  UploadQueue queue(settings_, clock_);
  ASSERT_NE(Next(queue), nullptr);
  uploads_.push_back(Complete("b.ignite"));
  EXPECT_EQ(queue.NextEarly(uploads_), nullptr);
}

TEST_F(EarlyQueueTest, WhatIsForetoldIsSaidAndTheFileNotTakenEarlyAgain) {
  UploadQueue queue(settings_, clock_);
  const Upload* upload = Next(queue);
  ASSERT_NE(upload, nullptr);
  queue.TakeEarly(*upload);
  queue.EndEarly(upload->name, false,
                 Forecast{"it is for another product", "upload the right one"});
  clock_.now += UploadQueue::kRetry;
  Upload grown = Growing(600);
  auto obstacle = queue.ObstacleOf(grown).value();
  EXPECT_THAT(obstacle.cause, HasSubstr("60%: 600 bytes of 1.0 kB; it will be refused: it is for"));
  EXPECT_EQ(obstacle.remedy, "upload the right one");
  EXPECT_EQ(queue.NextEarly({grown}), nullptr);
}

TEST_F(EarlyQueueTest, WhatGaveWayIsTakenEarlyAgainAfterAWhile) {
  UploadQueue queue(settings_, clock_);
  const Upload* upload = Next(queue);
  ASSERT_NE(upload, nullptr);
  queue.TakeEarly(*upload);
  queue.EndEarly(upload->name, true, std::nullopt);
  EXPECT_EQ(queue.NextEarly(uploads_), nullptr);
  clock_.now += UploadQueue::kRetry;
  uploads_ = {Growing(700)};
  (void)queue.ObstacleOf(uploads_[0]);
  EXPECT_NE(queue.NextEarly(uploads_), nullptr);
}

}  // namespace
}  // namespace ignite
