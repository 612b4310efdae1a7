#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ignite {
namespace {

TEST(Utf8Test, TakesTheShortestFormsOfAllPlanes) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("plain\n\x01"));
  EXPECT_TRUE(IsUtf8("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"));
}

TEST(Utf8Test, RefusesWhatIsMalformed) {
  for (const char* text :
       {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "good \xe2\x82"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

TEST(Utf8Test, LinesKeepTheirLettersAndLoseTheirControlCharacters) {
  EXPECT_EQ(PrintableLines("\xc3\xa9t\xc3\xa9\nok"), "\xc3\xa9t\xc3\xa9\nok");
  EXPECT_EQ(PrintableLines("a\x1b[2Jb\r"), "a\\x1b[2Jb\\x0d");
  EXPECT_EQ(PrintableLines("\xc2\x9b\x7f\xff"), "\\xc2\\x9b\\x7f\\xff");
}

}  // namespace
}  // namespace ignite
