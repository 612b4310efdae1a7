#include "payload-format/crypto/aead.h"

#include <gtest/gtest.h>

namespace ignite::format {
namespace {

class AeadTest : public testing::Test {
 protected:
  Bytes key_ = Bytes(32, std::byte{7});
  Bytes nonce_ = Bytes(kAeadNonceSize, std::byte{1});
  Bytes sealed_ = AeadSeal(key_, nonce_, AsBytes("aad"), AsBytes("plain text"));
};

// The GCM specification (McGrew, Viega), test cases 2 and 14.
TEST_F(AeadTest, GivesTheVectorsOfTheGcmSpecification) {
  EXPECT_EQ(ToHex(AeadSeal(Bytes(16), Bytes(12), {}, Bytes(16))),
            "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
  EXPECT_EQ(ToHex(AeadSeal(Bytes(32), Bytes(12), {}, Bytes(16))),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST_F(AeadTest, OpensWhatWasSealed) {
  EXPECT_EQ(AsText(AeadOpen(key_, nonce_, AsBytes("aad"), sealed_).value()), "plain text");
  EXPECT_EQ(sealed_.size(), 10 + kAeadTagSize);
}

TEST_F(AeadTest, SealsAnEmptyText) {
  Bytes empty = AeadSeal(key_, nonce_, {}, {});
  EXPECT_EQ(empty.size(), kAeadTagSize);
  EXPECT_TRUE(AeadOpen(key_, nonce_, {}, empty)->empty());
  empty[0] ^= std::byte{1};
  EXPECT_FALSE(AeadOpen(key_, nonce_, {}, empty));
}

TEST_F(AeadTest, RefusesEveryFlippedBit) {
  for (size_t bit = 0; bit < sealed_.size() * 8; ++bit) {
    Bytes flipped = sealed_;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_FALSE(AeadOpen(key_, nonce_, AsBytes("aad"), flipped)) << bit;
  }
}

TEST_F(AeadTest, RefusesEveryShorterText) {
  for (size_t size = 0; size < sealed_.size(); ++size) {
    EXPECT_FALSE(AeadOpen(key_, nonce_, AsBytes("aad"), ByteView(sealed_).first(size))) << size;
  }
}

TEST_F(AeadTest, RefusesAnotherKeyNonceOrAad) {
  EXPECT_FALSE(AeadOpen(Bytes(32, std::byte{8}), nonce_, AsBytes("aad"), sealed_));
  EXPECT_FALSE(AeadOpen(key_, Bytes(kAeadNonceSize, std::byte{2}), AsBytes("aad"), sealed_));
  EXPECT_FALSE(AeadOpen(key_, nonce_, AsBytes("aae"), sealed_));
  EXPECT_FALSE(AeadOpen(key_, nonce_, {}, sealed_));
}

}  // namespace
}  // namespace ignite::format
