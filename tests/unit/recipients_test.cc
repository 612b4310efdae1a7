#include "payload-format/container/recipients.h"

#include <gtest/gtest.h>

#include "payload-format/crypto/hash.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;

constexpr size_t kStanzaSize = 4 + kRecipientBodySize;

class RecipientsTest : public testing::Test {
 protected:
  RecipientsTest() {
    header_.salt.fill(std::byte{9});
    header_.content_id.bytes.fill(std::byte{8});
    Bytes commitment = DeriveStreamKey(file_key_, header_, 0).commitment;
    std::copy(commitment.begin(), commitment.end(), header_.key_commitment.begin());
    member_ = Write({identities_[0].public_key(), identities_[1].public_key()});
  }

  Bytes Write(std::vector<PublicKey> recipients) {
    return Must(WriteRecipients(file_key_, header_, recipients));
  }
  Result<FileKey> Open(ByteView member) {
    return OpenRecipients(member, header_, std::span(identities_).first(1));
  }

  /// Gives the stanzas the MAC that someone who knows the file key would make.
  Bytes WithMac(ByteView stanzas) {
    ByteWriter out;
    out.Raw(stanzas).Raw(HmacSha256(DeriveRecipientsMacKey(file_key_, header_), stanzas).bytes);
    return std::move(out).bytes();
  }

  std::array<PrivateKey, 3> identities_ = {PrivateKey::Generate(KeyType::kX25519),
                                           PrivateKey::Generate(KeyType::kX25519),
                                           PrivateKey::Generate(KeyType::kX25519)};
  FileKey file_key_ = FileKey::Random();
  Header header_;
  Bytes member_;
};

TEST_F(RecipientsTest, EveryRecipientGetsTheFileKey) {
  for (const PrivateKey& identity : std::span(identities_).first(2)) {
    EXPECT_EQ(Must(OpenRecipients(member_, header_, {&identity, 1})).bytes, file_key_.bytes);
  }
  EXPECT_EQ(member_.size(), 2 * kStanzaSize + kMacSize);
  EXPECT_EQ(Must(CountRecipients(member_)), 2u);
}

TEST_F(RecipientsTest, OneOfSeveralIdentitiesIsEnough) {
  Bytes member = Write({identities_[2].public_key()});
  EXPECT_EQ(Must(OpenRecipients(member, header_, identities_)).bytes, file_key_.bytes);
}

TEST_F(RecipientsTest, AnIdentityThatIsNoRecipientIsToldSo) {
  EXPECT_THAT(OpenRecipients(member_, header_, std::span(identities_).last(1)),
              FailsWith(ErrorCode::kNotAddressed));
  EXPECT_THAT(OpenRecipients(member_, header_, {}),
              FailsWith(ErrorCode::kNotAddressed, "there is no identity"));
  EXPECT_THAT(Open(WithMac({})), FailsWith(ErrorCode::kNotAddressed)) << "no stanza at all";
}

TEST_F(RecipientsTest, RefusesEveryFlippedBit) {
  for (size_t bit = 0; bit < member_.size() * 8; ++bit) {
    Bytes flipped = member_;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    ASSERT_FALSE(Open(flipped)) << bit;
  }
}

TEST_F(RecipientsTest, AFlippedBitOfTheMacOrOfAnotherStanzaIsDamage) {
  for (size_t offset : {kStanzaSize + 20, 2 * kStanzaSize, 2 * kStanzaSize + 31}) {
    Bytes flipped = member_;
    flipped[offset] ^= std::byte{1};
    EXPECT_THAT(Open(flipped), FailsWith(ErrorCode::kCorrupt, "MAC")) << offset;
  }
}

TEST_F(RecipientsTest, AStanzaOfAnUnknownKemIsPassedOver) {
  ByteWriter stanzas;
  stanzas.U16(2).U16(3).Raw(AsBytes("abc")).U16(0xffff).U16(0);
  stanzas.Raw(ByteView(member_).first(member_.size() - kMacSize));
  Bytes member = WithMac(stanzas.bytes());
  EXPECT_EQ(Must(Open(member)).bytes, file_key_.bytes);
  EXPECT_EQ(Must(CountRecipients(member)), 4u) << "but counted";
}

TEST_F(RecipientsTest, RefusesStanzasThatDoNotFillTheirSpace) {
  Bytes stanzas(member_.begin(), member_.end() - kMacSize);
  stanzas.pop_back();
  EXPECT_THAT(Open(WithMac(stanzas)), FailsWith(ErrorCode::kCorrupt, "cut off"));
  Bytes one_byte(1);
  EXPECT_THAT(Open(WithMac(one_byte)), FailsWith(ErrorCode::kCorrupt, "cut off"));
  EXPECT_THAT(CountRecipients(WithMac(one_byte)), FailsWith(ErrorCode::kCorrupt, "cut off"));
}

TEST_F(RecipientsTest, RefusesAnX25519StanzaOfAnotherSize) {
  Bytes stanza =
      std::move(
          ByteWriter().U16(kKemX25519).U16(kRecipientBodySize - 1).Zeros(kRecipientBodySize - 1))
          .bytes();
  EXPECT_THAT(Open(WithMac(stanza)), FailsWith(ErrorCode::kCorrupt, "wrong size"));
}

TEST_F(RecipientsTest, RefusesAMemberThatIsTooSmallOrTooLarge) {
  for (size_t size : {size_t{0}, kMacSize - 1, kMaxRecipientsSize + 1}) {
    EXPECT_THAT(Open(Bytes(size)), FailsWith(ErrorCode::kCorrupt, "the size")) << size;
    EXPECT_THAT(CountRecipients(Bytes(size)), FailsWith(ErrorCode::kCorrupt)) << size;
  }
}

TEST_F(RecipientsTest, RefusesTheStanzasOfAnotherBundle) {
  header_.content_id.bytes[0] ^= std::byte{1};
  EXPECT_THAT(Open(member_), FailsWith(ErrorCode::kNotAddressed));
  header_.content_id.bytes[0] ^= std::byte{1};
  header_.salt[0] ^= std::byte{1};
  EXPECT_THAT(Open(member_), FailsWith(ErrorCode::kNotAddressed));
}

TEST_F(RecipientsTest, RefusesAFileKeyThatHeaderDoesNotCommitTo) {
  file_key_ = FileKey::Random();
  EXPECT_THAT(Open(Write({identities_[0].public_key()})),
              FailsWith(ErrorCode::kCorrupt, "commits"));
}

TEST_F(RecipientsTest, RefusesToWriteForAKeyOfSmallOrder) {
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    PublicKey small{KeyType::kX25519, {}};
    Bytes bytes = FromHex(hex).value();
    std::copy(bytes.begin(), bytes.end(), small.bytes.begin());
    EXPECT_THAT(WriteRecipients(file_key_, header_, {&small, 1}),
                FailsWith(ErrorCode::kInvalidArgument))
        << hex;
  }
}

TEST_F(RecipientsTest, TheHintDiffersFromBundleToBundle) {
  auto hint = [](const Bytes& member) { return ToHex(ByteView(member).subspan(4, 8)); };
  std::string before = hint(member_);
  EXPECT_EQ(hint(Write({identities_[0].public_key()})), before);
  header_.salt[0] ^= std::byte{1};
  EXPECT_NE(hint(Write({identities_[0].public_key()})), before);
}

TEST(KeyScheduleTest, EveryStreamAndPurposeHasItsOwnKey) {
  FileKey file_key;
  Header header;
  StreamKey manifest = DeriveStreamKey(file_key, header, 0);
  StreamKey first = DeriveStreamKey(file_key, header, 1);
  EXPECT_EQ(manifest.key.size(), 32u);
  EXPECT_EQ(manifest.base_nonce.size(), 12u);
  EXPECT_EQ(manifest.commitment.size(), 32u);
  EXPECT_NE(manifest.key, first.key);
  EXPECT_NE(manifest.key, DeriveRecipientsMacKey(file_key, header));
  for (auto change : {+[](Header& h) { h.salt[0] = std::byte{1}; },
                      +[](Header& h) { h.content_id.bytes[0] = std::byte{1}; },
                      +[](Header& h) { h.suite = Suite::kPlain; }}) {
    Header other = header;
    change(other);
    EXPECT_NE(DeriveStreamKey(file_key, other, 0).key, manifest.key);
    EXPECT_NE(DeriveStreamKey(file_key, other, 0).commitment, manifest.commitment);
  }
}

}  // namespace
}  // namespace ignite::format
