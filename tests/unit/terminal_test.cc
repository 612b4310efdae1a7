#include "base/terminal.h"

#include <gtest/gtest.h>

namespace ignite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(PrintableTest, EscapesWhateverCouldSteerATerminal) {
  EXPECT_EQ(Printable("plain text ~"), "plain text ~");
  EXPECT_EQ(Printable("\x1b[31m\r\n\x7f"), "\\x1b[31m\\x0d\\x0a\\x7f");
  EXPECT_EQ(Printable("\xc3\xa9"), "\\xc3\\xa9");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(PrintableTest, CutsALongText) {
  EXPECT_EQ(Printable("abcdef", 3), "abc...");
  EXPECT_EQ(Printable("abc", 3), "abc");
}

TEST(SizeInWordsTest, KeepsOneDigitBehindThePoint) {
  EXPECT_EQ(SizeInWords(0), "0 bytes");
  EXPECT_EQ(SizeInWords(999), "999 bytes");
  EXPECT_EQ(SizeInWords(1000), "1.0 kB");
  EXPECT_EQ(SizeInWords(51'340'000), "51.3 MB");
  EXPECT_EQ(SizeInWords(999'960'000), "1.0 GB");
  EXPECT_EQ(SizeInWords(UINT64_MAX), "18446.7 PB");
}

TEST(CountedTest, SpeaksOfOneAndOfSeveral) {
  EXPECT_EQ(Counted(0, "key", "keys"), "0 keys");
  EXPECT_EQ(Counted(1, "key", "keys"), "1 key");
  EXPECT_EQ(Counted(2, "key", "keys"), "2 keys");
}

TEST(DurationInWordsTest, NamesTwoUnits) {
  EXPECT_EQ(DurationInWords(seconds(59)), "59 s");
  EXPECT_EQ(DurationInWords(seconds(80)), "1 min 20 s");
  EXPECT_EQ(DurationInWords(seconds(3600 + 120 + 3)), "1 h 2 min");
}

TEST(WrappedTest, GoesOnBelowWhatALineSays) {
  EXPECT_EQ(Wrapped("", 10), "");
  EXPECT_EQ(Wrapped("one two\n\nthree\n", 10), "one two\n\nthree\n");
  EXPECT_EQ(Wrapped("one two three", 9), "one two\n  three");
  EXPECT_EQ(Wrapped("  one two three four", 12), "  one two\n    three\n    four");
  EXPECT_EQ(Wrapped("STUCK    one two three four\nnext", 20),
            "STUCK    one two\n         three four\nnext");
  EXPECT_EQ(Wrapped("  remedy:    a bb ccc", 17), "  remedy:    a bb\n        ccc")
      << "not beyond half of it";
}

TEST(WrappedTest, ALongWordStaysWhole) {
  EXPECT_EQ(Wrapped("one 0123456789 two", 8), "one\n  0123456789\n  two");
  EXPECT_EQ(Wrapped("0123456789", 4), "0123456789");
  EXPECT_EQ(Wrapped("one  0123456789", 1), "one\n 0123456789");
}

TEST(ProgressMeterTest, ReckonsRateAndTimeLeftFromWhatWasDone) {
  ProgressMeter::Now start{};
  ProgressMeter meter(50'000'000, start);
  EXPECT_EQ(meter.Line(0, start + milliseconds(500)), "  0%  0 bytes of 50.0 MB");
  EXPECT_EQ(meter.Line(1'000'000, start + milliseconds(100)), "  2%  1.0 MB of 50.0 MB")
      << "too early to say";
  EXPECT_EQ(meter.Line(21'000'000, start + seconds(1)),
            " 42%  21.0 MB of 50.0 MB  21.0 MB/s  2 s left");
  EXPECT_EQ(meter.Line(50'000'000, start + seconds(2)), "100%  50.0 MB of 50.0 MB  25.0 MB/s");
}

TEST(ProgressMeterTest, NeverShowsMoreThanAHundredPercent) {
  EXPECT_EQ(ProgressMeter(10, {}).Percent(11), 100);
  EXPECT_EQ(ProgressMeter(0, {}).Percent(0), 100);
  EXPECT_EQ(ProgressMeter(1000, {}).Percent(999), 99);
}

}  // namespace
}  // namespace ignite
