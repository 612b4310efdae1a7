#include "payload-format/manifest/data_range.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;

TEST(DataRangeTest, ComesBackFromItsText) {
  for (const char* text : {"data/main 17..20", "data/log 3", "data/a.b-c 1:2~a-1..1:2"}) {
    auto range = DataRange::Parse(text);
    ASSERT_TRUE(range) << text;
    EXPECT_EQ(range->ToString(), text);
  }
  EXPECT_EQ(DataRange::Parse("data/main \t 3..3")->ToString(), "data/main 3");
}

TEST(DataRangeTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "data/main", "data/main ", "17..20", "app/web 17..20", "data/ 3", "data/main 17..",
        "data/main ..20", "data/main 17 .. 20", "data/main 20..17", "data/main >= 17",
        "data/main a..b", "data/main 17..18..19x y", "data/main17..20"}) {
    EXPECT_FALSE(DataRange::Parse(text)) << text;
  }
}

TEST(DataRangeTest, HoldsBothEndsAndWhatLiesBetweenAsVersions) {
  auto range = *DataRange::Parse("data/main 9..20");
  for (const char* version : {"9", "10", "20", "19.5", "20~rc1"}) EXPECT_TRUE(range.Holds(version));
  for (const char* version : {"8", "9~rc1", "20.0.1", "21", "100", "1:10"})
    EXPECT_FALSE(range.Holds(version)) << version;
}

TEST(DataRangeTest, AListComesBackFromJson) {
  std::vector<DataRange> reads = {*DataRange::Parse("data/main 17..20"),
                                  *DataRange::Parse("data/log 3")};
  EXPECT_EQ(ToJson(reads).Dump(), R"([{"component":"data/main","from":"17","to":"20"},)"
                                  R"({"component":"data/log","from":"3","to":"3"}])");
  EXPECT_EQ(Must(ReadsFromJson(ToJson(reads), "reads")), reads);
}

}  // namespace
}  // namespace ignite::format
