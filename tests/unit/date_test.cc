#include "base/date.h"

#include <gtest/gtest.h>

namespace ignite {
namespace {

TEST(DateTest, ADayIsTheSecondsOfItsFirstMoment) {
  EXPECT_EQ(ParseDate("1970-01-01"), 0);
  EXPECT_EQ(ParseDate("2000-02-29"), 951782400);
  EXPECT_EQ(ParseDate("2027-12-31"), 1830211200);
  EXPECT_EQ(ParseDate("9999-12-31"), 253402214400);
}

TEST(DateTest, RefusesDaysThatDoNotExistAndOtherSpellings) {
  for (const char* text : {"", "1969-12-31", "2027-02-29", "2027-13-01", "2027-00-10", "2027-04-31",
                           "2027-1-01", "2027/01/01", "20270101", "2027-01-01 ", "2027-01-0x",
                           "10000-01-01", "-027-01-01", "2027-01-00"})
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
}

TEST(DateTest, AMomentBelongsToItsDay) {
  EXPECT_EQ(DateText(0), "1970-01-01");
  EXPECT_EQ(DateText(951782399), "2000-02-28");
  EXPECT_EQ(DateText(951782400), "2000-02-29");
  EXPECT_EQ(DateText(951868799), "2000-02-29");
}

TEST(DateTest, AMomentOutsideOfTheDaysGivesTheNearest) {
  EXPECT_EQ(DateText(-1), "1970-01-01");
  EXPECT_EQ(DateText(INT64_MAX), "9999-12-31");
  EXPECT_EQ(DateText(INT64_MIN), "1970-01-01");
}

}  // namespace
}  // namespace ignite
