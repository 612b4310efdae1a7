#include "payload-format/container/signatures.h"

#include <gtest/gtest.h>

#include "payload-format/container/header.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;

TEST(SignaturesTest, ComeBackFromTheirBytes) {
  PrivateKey key = PrivateKey::Generate(KeyType::kEd25519);
  Bytes header(kHeaderSize, std::byte{1});
  SignatureEntry entry = Must(SignHeader(*fakes::SignerOf(key), header));
  EXPECT_EQ(entry.key_id, key.public_key().Id());
  EXPECT_TRUE(key.public_key().Verifies(SignedMessage(header), entry.signature));
  EXPECT_FALSE(key.public_key().Verifies(header, entry.signature))
      << "the signature is over the encoding";

  auto entries = Must(ParseSignatures(WriteSignatures({entry, entry})));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].key_id, entry.key_id);
  EXPECT_EQ(entries[1].signature, entry.signature);
}

/// Signs with another key than it says.
class WrongSigner : public KeySigner {
 public:
  using KeySigner::KeySigner;
  const PublicKey& public_key() const override { return fakes::Keys().qa.public_key(); }
};

TEST(SignaturesTest, ASignatureThatDoesNotFitItsPublicKeyIsNoSignature) {
  WrongSigner signer(fakes::CopyOf(fakes::Keys().release));
  EXPECT_THAT(SignHeader(signer, Bytes(kHeaderSize)),
              FailsWith(ErrorCode::kIo, ToHex(fakes::Keys().qa.public_key().Id())));
}

TEST(SignaturesTest, RefuseASizeThatIsNotOneToSixteenEntries) {
  for (size_t size :
       {size_t{0}, kSignatureEntrySize - 1, kSignatureEntrySize + 1, 17 * kSignatureEntrySize}) {
    EXPECT_THAT(ParseSignatures(Bytes(size)), FailsWith(ErrorCode::kCorrupt)) << size;
  }
  EXPECT_EQ(Must(ParseSignatures(Bytes(16 * kSignatureEntrySize))).size(), 16u);
}

}  // namespace
}  // namespace ignite::format
