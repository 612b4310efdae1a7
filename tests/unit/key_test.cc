#include "payload-format/crypto/key.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"
#include "tests/fakes/must.h"
#include "tests/fakes/vectors.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;

Signature ToSignature(ByteView bytes) {
  Signature signature{};
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return signature;
}

TEST(Ed25519Test, SignsAndVerifiesTheVectorsOfRfc8032) {
  auto vectors = fakes::ReadVectors("crypto/ed25519.txt");
  for (int i = 0; vectors.contains(StrCat("secret", i)); ++i) {
    PrivateKey key = PrivateKey::FromRaw(KeyType::kEd25519, vectors.at(StrCat("secret", i)));
    const Bytes& message = vectors.at(StrCat("message", i));
    EXPECT_EQ(ToHex(key.public_key().bytes), ToHex(vectors.at(StrCat("public", i)))) << i;
    EXPECT_EQ(ToHex(key.Sign(message)), ToHex(vectors.at(StrCat("signature", i)))) << i;
    EXPECT_TRUE(key.public_key().Verifies(message, ToSignature(vectors.at(StrCat("signature", i)))))
        << i;
  }
  EXPECT_TRUE(vectors.contains("secret4")) << "all five were seen";
}

TEST(Ed25519Test, RefusesEveryFlippedBitOfASignature) {
  PrivateKey key = PrivateKey::Generate(KeyType::kEd25519);
  Signature signature = key.Sign(AsBytes("message"));
  EXPECT_FALSE(key.public_key().Verifies(AsBytes("massage"), signature));
  EXPECT_FALSE(
      PrivateKey::Generate(KeyType::kEd25519).public_key().Verifies(AsBytes("message"), signature));
  for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
    Signature flipped = signature;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_FALSE(key.public_key().Verifies(AsBytes("message"), flipped)) << bit;
  }
}

TEST(X25519Test, BothSidesGetTheSameSecret) {
  PrivateKey a = PrivateKey::Generate(KeyType::kX25519);
  PrivateKey b = PrivateKey::Generate(KeyType::kX25519);
  EXPECT_EQ(a.SharedSecret(b.public_key().bytes).value(),
            b.SharedSecret(a.public_key().bytes).value());
  EXPECT_FALSE(a.SharedSecret({})) << "zero is of small order";
}

TEST(KeyPemTest, ComesBackFromItsPemText) {
  for (KeyType type : {KeyType::kEd25519, KeyType::kX25519}) {
    PrivateKey key = PrivateKey::Generate(type);
    EXPECT_EQ(Must(PrivateKey::FromPem(type, key.Pem())).public_key(), key.public_key());
    EXPECT_EQ(Must(PublicKey::FromPem(type, key.public_key().Pem())), key.public_key());
    EXPECT_TRUE(key.Pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    EXPECT_TRUE(key.public_key().Pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
  }
}

TEST(KeyPemTest, RefusesTheOtherTypeTheOtherHalfAndNoPemAtAll) {
  PrivateKey key = PrivateKey::Generate(KeyType::kEd25519);
  constexpr auto kWrong = ErrorCode::kInvalidArgument;
  EXPECT_THAT(PrivateKey::FromPem(KeyType::kX25519, key.Pem()), FailsWith(kWrong));
  EXPECT_THAT(PublicKey::FromPem(KeyType::kX25519, key.public_key().Pem()), FailsWith(kWrong));
  EXPECT_THAT(PrivateKey::FromPem(KeyType::kEd25519, key.public_key().Pem()), FailsWith(kWrong));
  EXPECT_THAT(PublicKey::FromPem(KeyType::kEd25519, key.Pem()), FailsWith(kWrong));
  EXPECT_THAT(PrivateKey::FromPem(KeyType::kEd25519, ""), FailsWith(kWrong));
  EXPECT_THAT(PublicKey::FromPem(KeyType::kEd25519, "no key"), FailsWith(kWrong));
}

// openssl genpkey -algorithm ed25519 -aes256 -pass pass:x
constexpr char kEncryptedKey[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAin1vALAT6OVwICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMyKudq6J5P0UZSblTMpIewEQJ3X\n"
    "MChauK7l0rY6Etk8eu0613GYVOtBJzo+xJ/KXUdYdhPkEyZ5c7agpg4MrAk7pT5f\n"
    "X2cCZalGZWDkUwAC2Uc=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

TEST(KeyPemTest, AnEncryptedKeyIsRefusedAndNobodyIsAsked) {
  EXPECT_THAT(PrivateKey::FromPem(KeyType::kEd25519, kEncryptedKey),
              FailsWith(ErrorCode::kInvalidArgument));
}

TEST(KeyIdTest, IsTheBeginningOfTheDigestOfTheSubjectPublicKeyInfo) {
  // RFC 8410: the SubjectPublicKeyInfo is a prefix and the raw key.
  for (auto [type, prefix] : {std::pair(KeyType::kEd25519, "302a300506032b6570032100"),
                              std::pair(KeyType::kX25519, "302a300506032b656e032100")}) {
    PublicKey key = PrivateKey::Generate(type).public_key();
    Bytes info = ByteWriter().Raw(FromHex(prefix).value()).Raw(key.bytes).bytes();
    EXPECT_EQ(ToHex(key.Id()), Sha256(info).Hex().substr(0, 16));
  }
}

}  // namespace
}  // namespace ignite::format
