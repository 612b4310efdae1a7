#include "base/bytes.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/digest.h"

namespace ignite {
namespace {

TEST(ByteWriterTest, WritesIntegersWithTheLowestByteFirst) {
  Bytes bytes = ByteWriter().U8(0x01).U16(0x0203).U32(0x04050607).U64(0x08090a0b0c0d0e0f).bytes();
  EXPECT_EQ(ToHex(bytes), "010302070605040f0e0d0c0b0a0908");
}

TEST(ByteReaderTest, ReadsBackWhatTheWriterWrote) {
  Bytes bytes =
      ByteWriter().U8(1).U16(2).U32(3).U64(UINT64_MAX).Raw(AsBytes("abc")).Zeros(2).bytes();
  ByteReader in(bytes);
  EXPECT_EQ(in.U8(), 1);
  EXPECT_EQ(in.U16(), 2);
  EXPECT_EQ(in.U32(), 3u);
  EXPECT_EQ(in.U64(), UINT64_MAX);
  EXPECT_EQ(AsText(in.Raw(3)), "abc");
  EXPECT_EQ((in.Array<2>()), (std::array<std::byte, 2>{}));
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(ByteReaderTest, StaysNotOkAfterAReadPastTheEnd) {
  Bytes bytes = ByteWriter().U16(0xffff).bytes();
  ByteReader in(bytes);
  EXPECT_EQ(in.U32(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.U8(), 0) << "what was left does not come back";
  EXPECT_TRUE(in.Raw(0).empty());
  EXPECT_FALSE(in.ok());
}

TEST(HexTest, TakesLowerCaseDigitsInPairsAndNothingElse) {
  EXPECT_EQ(ToHex(FromHex("00ff7f").value()), "00ff7f");
  EXPECT_TRUE(FromHex("")->empty());
  for (const char* wrong : {"0", "0g", "FF", "0x", " 00", "00 ", "0 0"})
    EXPECT_FALSE(FromHex(wrong)) << wrong;
  EXPECT_FALSE(FromHex(std::string_view("abcd").substr(0, 3))) << "whatever follows";
}

TEST(HexTest, ADigestHasExactlySixtyFourDigits) {
  std::string digits(64, 'a');
  EXPECT_EQ(Sha256Digest::FromHexText(digits)->Hex(), digits);
  EXPECT_FALSE(Sha256Digest::FromHexText(digits.substr(2)));
  EXPECT_FALSE(Sha256Digest::FromHexText(digits + "aa"));
  EXPECT_FALSE(Sha256Digest::FromHexText(""));
}

TEST(CheckedAddTest, GivesNothingWhereTheSumDoesNotFit) {
  EXPECT_EQ(CheckedAdd(UINT64_MAX - 1, 1), UINT64_MAX);
  EXPECT_FALSE(CheckedAdd(UINT64_MAX, 1));
}

TEST(IsAllZeroTest, FindsASingleBit) {
  Bytes bytes(1000);
  EXPECT_TRUE(IsAllZero(bytes));
  EXPECT_TRUE(IsAllZero({}));
  bytes[999] = std::byte{1};
  EXPECT_FALSE(IsAllZero(bytes));
}

}  // namespace
}  // namespace ignite
