#include "payload-format/crypto/hpke.h"

#include <gtest/gtest.h>

#include "tests/fakes/vectors.h"

namespace ignite::format {
namespace {

struct Suite {
  const char* file;
  HpkeAead aead;
};

class HpkeVectorTest : public testing::TestWithParam<Suite> {
 protected:
  std::map<std::string, Bytes> vector_ = fakes::ReadVectors(GetParam().file);
  PrivateKey ephemeral_ = PrivateKey::FromRaw(KeyType::kX25519, vector_.at("skEm"));
  PrivateKey identity_ = PrivateKey::FromRaw(KeyType::kX25519, vector_.at("skRm"));
};

TEST_P(HpkeVectorTest, SealsAndOpensAsTheRfcDoes) {
  HpkeMessage message = HpkeSealWith(ephemeral_, identity_.public_key(), vector_.at("info"),
                                     vector_.at("aad0"), vector_.at("pt0"), GetParam().aead);
  EXPECT_EQ(ToHex(message.encapsulated_key), ToHex(vector_.at("enc")));
  EXPECT_EQ(ToHex(message.sealed), ToHex(vector_.at("ct0")));
  EXPECT_EQ(HpkeOpen(identity_, message, vector_.at("info"), vector_.at("aad0"), GetParam().aead),
            vector_.at("pt0"));
}

TEST_P(HpkeVectorTest, DerivesThePublicKeysOfTheRfc) {
  EXPECT_EQ(ToHex(ephemeral_.public_key().bytes), ToHex(vector_.at("pkEm")));
  EXPECT_EQ(ToHex(identity_.public_key().bytes), ToHex(vector_.at("pkRm")));
}

TEST_P(HpkeVectorTest, RefusesTheMessageOfAnotherSequenceNumber) {
  HpkeMessage message;
  std::copy_n(vector_.at("enc").begin(), message.encapsulated_key.size(),
              message.encapsulated_key.begin());
  message.sealed = vector_.at("ct1");
  EXPECT_FALSE(
      HpkeOpen(identity_, message, vector_.at("info"), vector_.at("aad1"), GetParam().aead));
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9180, HpkeVectorTest,
    testing::Values(Suite{"crypto/hpke/base_x25519_sha256_aes128gcm.txt", HpkeAead::kAes128Gcm},
                    Suite{"crypto/hpke/base_x25519_sha256_aes256gcm.txt", HpkeAead::kAes256Gcm}),
    [](const auto& test) {
      return test.param.aead == HpkeAead::kAes128Gcm ? "Aes128Gcm" : "Aes256Gcm";
    });

class HpkeTest : public testing::Test {
 protected:
  PrivateKey identity_ = PrivateKey::Generate(KeyType::kX25519);
  HpkeMessage message_ =
      HpkeSeal(identity_.public_key(), AsBytes("info"), AsBytes("aad"), AsBytes("secret"));

  std::optional<Bytes> Open(const HpkeMessage& message) {
    return HpkeOpen(identity_, message, AsBytes("info"), AsBytes("aad"));
  }
};

TEST_F(HpkeTest, OpensItsOwnMessages) {
  EXPECT_EQ(AsText(Open(message_).value()), "secret");
  HpkeMessage again =
      HpkeSeal(identity_.public_key(), AsBytes("info"), AsBytes("aad"), AsBytes("secret"));
  EXPECT_NE(again.encapsulated_key, message_.encapsulated_key)
      << "each message has its own ephemeral key";
}

TEST_F(HpkeTest, RefusesAnotherIdentityInfoOrAad) {
  EXPECT_FALSE(
      HpkeOpen(PrivateKey::Generate(KeyType::kX25519), message_, AsBytes("info"), AsBytes("aad")));
  EXPECT_FALSE(HpkeOpen(identity_, message_, AsBytes("other"), AsBytes("aad")));
  EXPECT_FALSE(HpkeOpen(identity_, message_, AsBytes("info"), AsBytes("other")));
}

TEST_F(HpkeTest, RefusesEveryFlippedByte) {
  for (size_t i = 0; i < message_.sealed.size(); ++i) {
    HpkeMessage flipped = message_;
    flipped.sealed[i] ^= std::byte{0x10};
    EXPECT_FALSE(Open(flipped)) << i;
  }
  for (size_t i = 0; i < message_.encapsulated_key.size(); ++i) {
    HpkeMessage flipped = message_;
    flipped.encapsulated_key[i] ^= std::byte{0x10};
    EXPECT_FALSE(Open(flipped)) << i;
  }
}

TEST_F(HpkeTest, RefusesAnEncapsulatedKeyOfSmallOrder) {
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    HpkeMessage message = message_;
    Bytes small = FromHex(hex).value();
    std::copy(small.begin(), small.end(), message.encapsulated_key.begin());
    EXPECT_FALSE(Open(message)) << hex;
  }
}

}  // namespace
}  // namespace ignite::format
