#include "payload-format/chunk/ordered_pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <set>

#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

struct Square {
  int number = 0;
  int result = 0;
};

size_t ThreadCount() {
  std::error_code ignored;
  auto tasks = std::filesystem::directory_iterator("/proc/self/task", ignored);
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

class OrderedPipelineTest : public testing::TestWithParam<unsigned> {
 protected:
  std::vector<int> delivered_;
  OrderedPipeline<Square>::Step deliver_ = [this](Square& item) -> Result<> {
    delivered_.push_back(item.result);
    return {};
  };
};

TEST_P(OrderedPipelineTest, DeliversInTheOrderOfThePushesHoweverLongTheWorkTakes) {
  std::vector<int> expected;
  {
    OrderedPipeline<Square> pipeline(
        GetParam(),
        [](Square& item) -> Result<> {
          std::this_thread::sleep_for(std::chrono::microseconds(item.number % 7 * 200));
          item.result = item.number * item.number;
          return {};
        },
        deliver_);
    for (int i = 0; i < 200; ++i) {
      Must(pipeline.Push({i, 0}));
      expected.push_back(i * i);
    }
    Must(pipeline.Finish());
    Must(pipeline.Finish());
  }
  EXPECT_EQ(delivered_, expected);
}

TEST_P(OrderedPipelineTest, AnErrorOfTheWorkStopsTheDeliveryAtItsPlace) {
  OrderedPipeline<Square> pipeline(
      GetParam(),
      [](Square& item) -> Result<> {
        item.result = item.number;
        if (item.number >= 10)
          return Error{ErrorCode::kCorrupt, "item " + std::to_string(item.number), ""};
        return {};
      },
      deliver_);
  Result<> result;
  for (int i = 0; result && i < 100; ++i) result = pipeline.Push({i, 0});
  if (result) result = pipeline.Finish();
  EXPECT_THAT(result, FailsWith(ErrorCode::kCorrupt, "item 10"));
  EXPECT_EQ(delivered_.size(), 10u);
}

TEST_P(OrderedPipelineTest, AnErrorOfTheDeliveryIsHandedOn) {
  OrderedPipeline<Square> pipeline(
      GetParam(), [](Square&) -> Result<> { return {}; },
      [](Square& item) -> Result<> {
        if (item.number == 5) return Error{ErrorCode::kNoSpace, "full", ""};
        return {};
      });
  Result<> result;
  for (int i = 0; result && i < 100; ++i) result = pipeline.Push({i, 0});
  EXPECT_THAT(result, FailsWith(ErrorCode::kNoSpace, "full"));
}

TEST_P(OrderedPipelineTest, HoldsNoMoreItemsThanWorkersAndTwo) {
  int pushed = 0;
  int most = 0;
  OrderedPipeline<Square> pipeline(
      GetParam(), [](Square&) -> Result<> { return {}; },
      [&](Square&) -> Result<> {
        delivered_.push_back(0);
        return {};
      });
  for (; pushed < 100; ++pushed) {
    most = std::max(most, pushed - static_cast<int>(delivered_.size()));
    Must(pipeline.Push({pushed, 0}));
  }
  Must(pipeline.Finish());
  EXPECT_LE(most, static_cast<int>(GetParam()) + 2);
  EXPECT_EQ(delivered_.size(), 100u);
}

TEST_P(OrderedPipelineTest, WithOneWorkerNoThreadIsStarted) {
  const size_t before = ThreadCount();
  std::atomic<size_t> elsewhere = 0;
  const auto here = std::this_thread::get_id();
  OrderedPipeline<Square> pipeline(
      GetParam(),
      [&](Square&) -> Result<> {
        elsewhere += std::this_thread::get_id() != here ? 1 : 0;
        return {};
      },
      deliver_);
  EXPECT_EQ(ThreadCount() - before, GetParam() == 1 ? 0 : GetParam());
  for (int i = 0; i < 20; ++i) Must(pipeline.Push({i, 0}));
  Must(pipeline.Finish());
  EXPECT_EQ(elsewhere, GetParam() == 1 ? 0u : 20u);
}

TEST_P(OrderedPipelineTest, MayBeDroppedWithWorkInFlight) {
  OrderedPipeline<Square> pipeline(
      GetParam(),
      [](Square&) -> Result<> {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return {};
      },
      deliver_);
  for (int i = 0; i < 3; ++i) Must(pipeline.Push({i, 0}));
}

INSTANTIATE_TEST_SUITE_P(Workers, OrderedPipelineTest, testing::Values(1u, 2u, 8u),
                         [](const auto& test) { return std::to_string(test.param); });

TEST(WorkerCountTest, ZeroMeansAllCoresWithinTheLimit) {
  unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  EXPECT_EQ(WorkerCount(0), std::min(cores, kMaxWorkers));
  EXPECT_EQ(WorkerCount(1), 1u);
  EXPECT_EQ(WorkerCount(1000), kMaxWorkers);
}

}  // namespace
}  // namespace ignite::format
