#include "payload-format/trust/keyring.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

class KeyringTest : public testing::Test {
 protected:
  static PrivateKey KeyNumber(uint8_t number) {
    return PrivateKey::FromRaw(KeyType::kEd25519, Bytes(32, static_cast<std::byte>(number)));
  }
  static std::vector<PublicKey> Keys(std::vector<uint8_t> numbers) {
    std::vector<PublicKey> keys;
    for (uint8_t number : numbers) keys.push_back(KeyNumber(number).public_key());
    return keys;
  }
  std::vector<SignatureEntry> SignedBy(std::vector<uint8_t> numbers) {
    std::vector<SignatureEntry> entries;
    for (uint8_t number : numbers)
      entries.push_back(Must(SignHeader(*fakes::SignerOf(KeyNumber(number)), header_)));
    return entries;
  }
  /// Verify and RequireRolesFor in one.
  Result<> Accepts(const Keyring& keyring, Kind kind, std::vector<uint8_t> signers) {
    return keyring.RequireRolesFor(kind,
                                   TRY(keyring.Verify(header_, SignedBy(std::move(signers)))));
  }

  Bytes header_ = Bytes(kHeaderSize, std::byte{0x5a});
  Keyring two_of_three_ = Must(Keyring::Create(1, {{Role::kRelease, {Keys({1, 2, 3}), 2}}}));
  Keyring full_ = Must(Keyring::Create(1, {{Role::kRoot, {Keys({9}), 1}},
                                           {Role::kRelease, {Keys({1}), 1}},
                                           {Role::kQa, {Keys({4}), 1}},
                                           {Role::kLicence, {Keys({5}), 1}},
                                           {Role::kEngineer, {Keys({6}), 1}}}));
};

TEST_F(KeyringTest, TheThresholdManySignaturesAreEnough) {
  EXPECT_THAT(Accepts(two_of_three_, Kind::kProduct, {1, 3}), Succeeds());
  EXPECT_THAT(Accepts(two_of_three_, Kind::kProduct, {1, 2, 3}), Succeeds());
}

TEST_F(KeyringTest, OneSignatureBelowTheThresholdIsNotEnough) {
  EXPECT_THAT(Accepts(two_of_three_, Kind::kProduct, {1}),
              FailsWith(ErrorCode::kUntrusted, "1 of the 2 signatures"));
  EXPECT_THAT(Accepts(two_of_three_, Kind::kProduct, {}), FailsWith(ErrorCode::kUntrusted));
}

TEST_F(KeyringTest, AKeyThatSignsTwiceCountsOnce) {
  EXPECT_THAT(Accepts(two_of_three_, Kind::kProduct, {1, 1}), FailsWith(ErrorCode::kUntrusted));
}

TEST_F(KeyringTest, ASignatureByAnUnknownKeyCountsForNothing) {
  EXPECT_THAT(Accepts(two_of_three_, Kind::kProduct, {1, 77}), FailsWith(ErrorCode::kUntrusted));
  EXPECT_THAT(Accepts(two_of_three_, Kind::kProduct, {77, 1, 2}), Succeeds());
  std::vector<SignatureEntry> entries = SignedBy({77, 1, 2});
  entries[0].signature.fill(std::byte{0});
  EXPECT_THAT(two_of_three_.Verify(header_, entries), Succeeds()) << "also one that is wrong";
}

TEST_F(KeyringTest, AWrongSignatureByAKnownKeyRefusesHoweverManyAreRight) {
  std::vector<SignatureEntry> entries = SignedBy({1, 2, 3});
  entries[2].signature[63] ^= std::byte{1};
  EXPECT_THAT(two_of_three_.Verify(header_, entries), FailsWith(ErrorCode::kUntrusted, "is wrong"));
  entries = SignedBy({1, 2, 2});
  entries[2].signature[0] ^= std::byte{1};
  EXPECT_THAT(two_of_three_.Verify(header_, entries), FailsWith(ErrorCode::kUntrusted, "is wrong"));
}

TEST_F(KeyringTest, ASignatureUnderAnotherKeysIdIsWrong) {
  std::vector<SignatureEntry> entries = SignedBy({1, 77});
  entries[1].key_id = KeyNumber(2).public_key().Id();
  EXPECT_THAT(two_of_three_.Verify(header_, entries), FailsWith(ErrorCode::kUntrusted, "is wrong"));
}

TEST_F(KeyringTest, ASignatureOfAnotherHeaderIsWrong) {
  std::vector<SignatureEntry> entries = SignedBy({1, 2});
  header_[0] ^= std::byte{1};
  EXPECT_THAT(two_of_three_.Verify(header_, entries), FailsWith(ErrorCode::kUntrusted, "is wrong"));
}

TEST_F(KeyringTest, EachKindNeedsItsOwnRoles) {
  struct {
    Kind kind;
    std::vector<uint8_t> signers;
  } const kNeeded[] = {{Kind::kProduct, {1, 4}},
                       {Kind::kServicePack, {1, 4}},
                       {Kind::kLicence, {5}},
                       {Kind::kOrder, {6}}};
  for (const auto& needed : kNeeded) {
    EXPECT_THAT(Accepts(full_, needed.kind, needed.signers), Succeeds()) << KindName(needed.kind);
    for (uint8_t missing : needed.signers) {
      std::vector<uint8_t> others = {1, 4, 5, 6, 9};
      others.erase(std::find(others.begin(), others.end(), missing));
      EXPECT_THAT(Accepts(full_, needed.kind, others),
                  FailsWith(ErrorCode::kUntrusted, KindName(needed.kind).data()))
          << KindName(needed.kind) << " without " << int{missing};
    }
  }
}

TEST_F(KeyringTest, QaMustSignWhereTheKeyringHasIt) {
  EXPECT_THAT(Accepts(full_, Kind::kServicePack, {1}), FailsWith(ErrorCode::kUntrusted, "role qa"));
  EXPECT_THAT(Accepts(two_of_three_, Kind::kServicePack, {1, 2}), Succeeds())
      << "this keyring has no qa";
}

TEST_F(KeyringTest, AnAbsentRoleAcceptsNothing) {
  EXPECT_THAT(Accepts(two_of_three_, Kind::kLicence, {1, 2, 3}),
              FailsWith(ErrorCode::kUntrusted, "role licence"));
  EXPECT_THAT(Accepts(two_of_three_, Kind::kOrder, {1, 2, 3}),
              FailsWith(ErrorCode::kUntrusted, "role engineer"));
}

TEST_F(KeyringTest, TheRootRoleSignsNoBundle) {
  for (Kind kind : {Kind::kProduct, Kind::kServicePack, Kind::kLicence, Kind::kOrder}) {
    EXPECT_THAT(Accepts(full_, kind, {9}), FailsWith(ErrorCode::kUntrusted)) << KindName(kind);
  }
}

TEST_F(KeyringTest, RefusesAKeyInTwoRoles) {
  EXPECT_THAT(Keyring::Create(1, {{Role::kRelease, {Keys({1}), 1}}, {Role::kQa, {Keys({1}), 1}}}),
              FailsWith(ErrorCode::kInvalidArgument, "release and qa"));
  EXPECT_THAT(Keyring::Create(1, {{Role::kRoot, {Keys({1}), 1}}, {Role::kRelease, {Keys({1}), 1}}}),
              Succeeds())
      << "root aside";
}

TEST_F(KeyringTest, RefusesAKeyThatIsListedTwice) {
  EXPECT_THAT(Keyring::Create(1, {{Role::kRelease, {Keys({1, 1}), 1}}}),
              FailsWith(ErrorCode::kInvalidArgument, "twice"));
}

TEST_F(KeyringTest, RefusesAThresholdThatIsZeroOrCannotBeReached) {
  for (int threshold : {-1, 0, 3}) {
    EXPECT_THAT(Keyring::Create(1, {{Role::kRelease, {Keys({1, 2}), threshold}}}),
                FailsWith(ErrorCode::kInvalidArgument, "threshold"))
        << threshold;
  }
}

TEST_F(KeyringTest, RefusesAKeyringThatCouldAcceptNothing) {
  EXPECT_THAT(Keyring::Create(1, {}), FailsWith(ErrorCode::kInvalidArgument, "no signing key"));
  EXPECT_THAT(Keyring::Create(1, {{Role::kRoot, {Keys({1}), 1}}}),
              FailsWith(ErrorCode::kInvalidArgument, "no signing key"));
  EXPECT_THAT(Keyring::Create(1, {{Role::kRelease, {{}, 1}}}),
              FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(Keyring::Parse(R"({"version":1,"roles":{}})"),
              FailsWith(ErrorCode::kInvalidArgument, "no signing key"));
}

TEST_F(KeyringTest, ComesBackFromItsText) {
  Keyring again = Must(Keyring::Parse(full_.Serialize()));
  EXPECT_EQ(again.Serialize(), full_.Serialize());
  EXPECT_EQ(again.version(), 1);
  EXPECT_EQ(again.roles().at(Role::kQa).keys, Keys({4}));
  EXPECT_THAT(Accepts(again, Kind::kProduct, {1, 4}), Succeeds());
}

TEST_F(KeyringTest, TheThresholdIsOneUnlessGiven) {
  std::string key = ToHex(KeyNumber(1).public_key().bytes);
  Keyring keyring = Must(
      Keyring::Parse(StrCat(R"({"version":7,"roles":{"release":{"keys":[")", key, R"("]}}})")));
  EXPECT_EQ(keyring.roles().at(Role::kRelease).threshold, 1);
  EXPECT_EQ(keyring.version(), 7);
}

TEST_F(KeyringTest, RefusesTextThatIsNotExactlyAKeyring) {
  const std::string key = "\"" + ToHex(KeyNumber(1).public_key().bytes) + "\"";
  auto release = [](std::string_view fields) {
    return StrCat(R"({"version":1,"roles":{"release":{)", fields, "}}}");
  };
  ASSERT_THAT(Keyring::Parse(release("\"keys\":[" + key + "]")), Succeeds());
  for (const std::string& wrong : {
           std::string(""),
           std::string("{}"),
           std::string("[]"),
           StrCat(R"({"roles":{"release":{"keys":[)", key, "]}}}"),
           StrCat(R"({"version":0,"roles":{"release":{"keys":[)", key, "]}}}"),
           StrCat(R"({"version":"1","roles":{"release":{"keys":[)", key, "]}}}"),
           StrCat(R"({"version":1,"roles":{"publisher":{"keys":[)", key, "]}}}"),
           StrCat(R"({"version":1,"roles":[)", key, "]}"),
           StrCat(R"({"version":1,"extra":1,"roles":{"release":{"keys":[)", key, "]}}}"),
           release(""),
           release("\"keys\":" + key),
           release("\"keys\":[1]"),
           release("\"keys\":[\"00\"]"),
           release("\"keys\":[\"" + std::string(64, 'A') + "\"]"),
           release("\"keys\":[" + key + "],\"threshold\":0"),
           release("\"keys\":[" + key + "],\"threshold\":2"),
           release("\"keys\":[" + key + "],\"threshold\":\"1\""),
           release("\"keys\":[" + key + "],\"extra\":1"),
       }) {
    EXPECT_THAT(Keyring::Parse(wrong), FailsWith(ErrorCode::kInvalidArgument)) << wrong;
  }
}

TEST(RoleTest, EveryNameIsParsed) {
  for (std::string_view name : RoleNames()) EXPECT_EQ(RoleName(ParseRole(name).value()), name);
  EXPECT_FALSE(ParseRole("Root"));
  EXPECT_FALSE(ParseRole(""));
}

TEST_F(KeyringTest, AThresholdThatNoBundleReachesIsRefused) {
  auto with_threshold = [](int threshold) {
    std::string keys;
    for (int i = 0; i < threshold; ++i)
      keys += StrCat(i == 0 ? "" : ",", "\"", ToHex(Bytes(32, static_cast<std::byte>(i))), "\"");
    return Keyring::Parse(StrCat("{\"version\":1,\"roles\":{\"release\":{\"keys\":[", keys,
                                 "],\"threshold\":", threshold, "}}}"));
  };
  EXPECT_TRUE(with_threshold(16).has_value());
  EXPECT_THAT(with_threshold(17), FailsWith(ErrorCode::kInvalidArgument, "threshold"));
}

TEST_F(KeyringTest, WhatIsWrongIsSaidOnce) {
  auto keyring = Keyring::Parse(R"({"version":1,"roles":{"release":{"keys":["x"]}}})");
  ASSERT_FALSE(keyring.has_value());
  EXPECT_EQ(keyring.error().cause, "the keyring is wrong: a key is not 64 hexadecimal digits");
}

}  // namespace
}  // namespace ignite::format
