#include "payload-format/crypto/hash.h"

#include <gtest/gtest.h>

#include <map>

namespace ignite::format {
namespace {

Bytes HkdfSha256(ByteView secret, ByteView salt, ByteView info, size_t length) {
  return HkdfSha256Expand(HkdfSha256Extract(salt, secret), info, length);
}

/// The octets first, first + 1, ..., last.
Bytes Range(int first, int last) {
  ByteWriter out;
  for (int octet = first; octet <= last; ++octet) out.U8(static_cast<uint8_t>(octet));
  return std::move(out).bytes();
}

TEST(Sha256Test, GivesTheDigestsOfFips180) {
  EXPECT_EQ(Sha256({}).Hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256(AsBytes("abc")).Hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256HasherTest, TakesPiecesAndStartsAnew) {
  Sha256Hasher hasher;
  EXPECT_EQ(hasher.Finish(), Sha256({}));
  hasher.Update(AsBytes("a"));
  hasher.Update({});
  hasher.Update(AsBytes("bc"));
  EXPECT_EQ(hasher.Finish(), Sha256(AsBytes("abc")));
  EXPECT_EQ(hasher.Finish(), Sha256({}));
}

// RFC 4231, test cases 1 and 2.
TEST(HmacSha256Test, GivesTheMacsOfRfc4231) {
  EXPECT_EQ(HmacSha256(Bytes(20, std::byte{0x0b}), AsBytes("Hi There")).Hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacSha256(AsBytes("Jefe"), AsBytes("what do ya want for nothing?")).Hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// RFC 5869, appendix A, test cases 1 to 3.
TEST(HkdfSha256Test, GivesTheKeysOfRfc5869) {
  EXPECT_EQ(ToHex(HkdfSha256Extract(Range(0x00, 0x0c), Bytes(22, std::byte{0x0b}))),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  EXPECT_EQ(ToHex(HkdfSha256(Bytes(22, std::byte{0x0b}), Range(0x00, 0x0c), Range(0xf0, 0xf9), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(ToHex(HkdfSha256(Range(0x00, 0x4f), Range(0x60, 0xaf), Range(0xb0, 0xff), 82)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41"
            "c65e590e"
            "09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(ToHex(HkdfSha256(Bytes(22, std::byte{0x0b}), {}, {}, 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

// RFC 5869 has no vectors for SHA-512; these come from Python's hmac module, by the RFC's own
// formula.
TEST(HkdfSha512Test, ExtractsAndExpands) {
  EXPECT_EQ(ToHex(HkdfSha512(Bytes(22, std::byte{0x0b}), Range(0x00, 0x0c), Range(0xf0, 0xf9), 42)),
            "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb");
  EXPECT_EQ(HkdfSha512(Bytes(32), Bytes(32), AsBytes("info"), 76).size(), 76u);
}

TEST(EqualInConstantTimeTest, ComparesSizeAndContent) {
  EXPECT_TRUE(EqualInConstantTime(AsBytes("abc"), AsBytes("abc")));
  EXPECT_FALSE(EqualInConstantTime(AsBytes("abc"), AsBytes("abd")));
  EXPECT_FALSE(EqualInConstantTime(AsBytes("abc"), AsBytes("ab")));
  EXPECT_TRUE(EqualInConstantTime({}, {}));
}

TEST(RandomBytesTest, AreNotTheSameTwice) { EXPECT_NE(RandomBytes(32), RandomBytes(32)); }

}  // namespace
}  // namespace ignite::format
