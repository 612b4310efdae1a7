// What the format promises of damage: every truncation, every flipped byte and every other
// arrangement of the members of a small bundle gives an Error, never acceptance and never a crash.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "payload-format/crypto/hash.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::format {
namespace {

using fakes::Build;
using fakes::FailsWith;
using fakes::Keys;
using fakes::MemberPlace;
using fakes::MembersOf;
using fakes::Must;
using fakes::ReadBundle;
using fakes::SamplePlan;
using fakes::SampleStreams;

const Bytes& Encrypted() {
  static const Bytes bundle = Build(SamplePlan());
  return bundle;
}

const Bytes& Plain() {
  static const Bytes bundle = [] {
    BundlePlan plan = SamplePlan();
    plan.recipients.clear();
    return Build(std::move(plan));
  }();
  return bundle;
}

Result<std::vector<Bytes>> Read(ByteView bundle) {
  return ReadBundle(bundle, {.plain = PlainBundles::kAccepted});
}

/// Runs `check` for 0 .. count - 1 on two threads: the checks are independent and many.
void ForEach(size_t count, const std::function<void(size_t)>& check) {
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < count; i = next++) check(i);
  };
  std::thread other(work);
  work();
  other.join();
}

/// Flips these bits of the byte at every offset in [begin, end), and demands an Error for each.
void ExpectFlipsRefused(const Bytes& bundle, size_t begin, size_t end, std::vector<int> bits) {
  std::atomic<size_t> accepted = 0;
  ForEach((end - begin) * bits.size(), [&](size_t i) {
    Bytes flipped = bundle;
    size_t offset = begin + i / bits.size();
    flipped[offset] ^= static_cast<std::byte>(1 << bits[i % bits.size()]);
    if (!Read(flipped)) return;
    ++accepted;
    ADD_FAILURE() << "bit " << bits[i % bits.size()] << " of byte " << offset;
  });
  EXPECT_EQ(accepted, 0u);
}

const std::vector<int> kAllBits = {0, 1, 2, 3, 4, 5, 6, 7};

enum class Sample { kEncrypted, kPlain };

class BundleDamageTest : public testing::TestWithParam<Sample> {
 protected:
  static bool IsPlain() { return GetParam() == Sample::kPlain; }
  const Bytes& bundle_ = IsPlain() ? Plain() : Encrypted();
};

/// What only one of the two can show.
class EncryptedDamageTest : public testing::Test {
 protected:
  const Bytes& bundle_ = Encrypted();
};
class PlainDamageTest : public testing::Test {
 protected:
  const Bytes& bundle_ = Plain();
};

INSTANTIATE_TEST_SUITE_P(Suites, BundleDamageTest,
                         testing::Values(Sample::kEncrypted, Sample::kPlain), [](const auto& test) {
                           return test.param == Sample::kPlain ? "Plain" : "Encrypted";
                         });

TEST_P(BundleDamageTest, EveryTruncationSaysThatBytesAreMissing) {
  ASSERT_EQ(Must(Read(bundle_)), SampleStreams());
  // A plain bundle is the same to the reader but for what it leaves out.
  const size_t step = IsPlain() ? 7 : 1;
  ForEach(bundle_.size() / step, [&](size_t i) {
    EXPECT_THAT(Read(ByteView(bundle_).first(i * step)), FailsWith(ErrorCode::kTruncated))
        << i * step;
  });
}

TEST_F(EncryptedDamageTest, EveryFlippedByteOfTheTarBlocksIsRefused) {
  for (const MemberPlace& member : MembersOf(bundle_)) {
    // Every bit of these two is flipped in members_test.cc and ustar_test.cc, which take less time
    // for it.
    bool late = member.name == kIndexName || member.name == PayloadMemberName(0);
    ExpectFlipsRefused(bundle_, member.offset, member.content(),
                       late ? std::vector<int>{3} : kAllBits);
  }
  ExpectFlipsRefused(bundle_, bundle_.size() - kTarEnd, bundle_.size(), {0});
}

TEST_P(BundleDamageTest, EveryFlippedBitOfHeaderIsRefused) {
  const MemberPlace header = MembersOf(bundle_).at(0);
  ASSERT_EQ(header.name, kHeaderName);
  ExpectFlipsRefused(bundle_, header.content(), header.content() + header.size, kAllBits);
}

TEST_P(BundleDamageTest, EveryFlippedBitOfSignaturesIsRefusedAsBothAreNeeded) {
  const MemberPlace signatures = MembersOf(bundle_).at(1);
  ASSERT_EQ(signatures.name, kSignaturesName);
  ExpectFlipsRefused(bundle_, signatures.content(), signatures.content() + signatures.size,
                     kAllBits);
}

TEST_F(EncryptedDamageTest, EveryFlippedBitOfRecipientsIsRefused) {
  const MemberPlace recipients = MembersOf(bundle_).at(2);
  ASSERT_EQ(recipients.name, kRecipientsName);
  ExpectFlipsRefused(bundle_, recipients.content(), recipients.content() + recipients.size,
                     kAllBits);
}

TEST_P(BundleDamageTest, EveryFlippedByteElsewhereIsRefused) {
  for (const MemberPlace& member : MembersOf(bundle_)) {
    bool bit_by_bit = member.name == kHeaderName || member.name == kSignaturesName ||
                      member.name == kRecipientsName;
    size_t begin = member.content() + (bit_by_bit ? member.size : 0);
    ExpectFlipsRefused(bundle_, begin, member.end(), {static_cast<int>(begin % 8)});
  }
}

TEST_P(BundleDamageTest, BytesBehindTheEndAreRefused) {
  for (size_t extra : {size_t{1}, kTarBlock, size_t{10'240}}) {
    for (std::byte value : {std::byte{0}, std::byte{1}}) {
      Bytes longer = bundle_;
      longer.resize(longer.size() + extra, value);
      EXPECT_THAT(Read(longer), FailsWith(ErrorCode::kCorrupt, "behind its end")) << extra;
    }
  }
}

/// The bundle with its members in the order of `names`; those not in it are left out.
Bytes Arranged(const Bytes& bundle, const std::vector<std::string>& names) {
  std::map<std::string, MemberPlace> places;
  for (const MemberPlace& member : MembersOf(bundle)) places[member.name] = member;
  ByteWriter out;
  for (const std::string& name : names) {
    out.Raw(
        ByteView(bundle).subspan(places[name].offset, places[name].end() - places[name].offset));
  }
  return std::move(out.Zeros(kTarEnd)).bytes();
}

std::vector<std::string> NamesOf(const Bytes& bundle) {
  std::vector<std::string> names;
  for (const MemberPlace& member : MembersOf(bundle)) names.push_back(member.name);
  return names;
}

TEST_P(BundleDamageTest, MembersInAnotherOrderAreRefused) {
  const std::vector<std::string> names = NamesOf(bundle_);
  ASSERT_EQ(Arranged(bundle_, names), bundle_);
  std::vector<std::string> order = names;
  std::sort(order.begin(), order.end());
  do {
    if (order == names) continue;
    EXPECT_FALSE(Read(Arranged(bundle_, order))) << testing::PrintToString(order);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_P(BundleDamageTest, AMissingOrDoubledMemberIsRefused) {
  const std::vector<std::string> names = NamesOf(bundle_);
  for (size_t i = 0; i < names.size(); ++i) {
    std::vector<std::string> without = names;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(Read(Arranged(bundle_, without))) << "without " << names[i];
    for (size_t j = 0; j <= names.size(); ++j) {
      std::vector<std::string> doubled = names;
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(j), names[i]);
      EXPECT_FALSE(Read(Arranged(bundle_, doubled))) << names[i] << " again at " << j;
    }
  }
}

/// The bundle with one more member in front of the `place`-th.
Bytes WithExtraMember(const Bytes& bundle, size_t place, std::string_view name,
                      std::string_view content) {
  std::vector<MemberPlace> members = MembersOf(bundle);
  size_t at = place < members.size() ? members[place].offset : bundle.size() - kTarEnd;
  ByteWriter out;
  out.Raw(ByteView(bundle).first(at)).Raw(MakeTarBlock(name, content.size()));
  out.Raw(AsBytes(content)).Zeros(TarPadding(content.size())).Raw(ByteView(bundle).subspan(at));
  return std::move(out).bytes();
}

TEST_P(BundleDamageTest, AnUnknownMemberIsRefusedWhereverItStands) {
  for (size_t place = 0; place <= MembersOf(bundle_).size(); ++place) {
    for (std::string_view name : {"MAP", "PAYLOAD.0001", "PAYLOAD.0000", "etc/passwd", ""}) {
      EXPECT_FALSE(Read(WithExtraMember(bundle_, place, name, "x"))) << name << " at " << place;
      EXPECT_FALSE(Read(WithExtraMember(bundle_, place, name, ""))) << name << " at " << place;
    }
  }
}

TEST_P(BundleDamageTest, TrustIsRefusedAsSomethingFromALaterVersion) {
  EXPECT_THAT(Read(WithExtraMember(bundle_, 2, kTrustName, "{}")),
              FailsWith(ErrorCode::kUnsupported, "TRUST"));
  for (size_t place : {0, 1, 3, 4, 5})
    EXPECT_FALSE(Read(WithExtraMember(bundle_, place, kTrustName, "{}"))) << place;
}

TEST_P(BundleDamageTest, MembersOfAnotherBundleAreRefused) {
  BundlePlan plan = SamplePlan();
  plan.manifest.version = "4.2.2";
  if (IsPlain()) plan.recipients.clear();
  const Bytes other = Build(std::move(plan));
  ASSERT_EQ(other.size(), bundle_.size());
  std::vector<MemberPlace> members = MembersOf(bundle_);
  for (size_t i = 0; i < members.size(); ++i) {
    Bytes mixed = bundle_;
    std::copy(other.begin() + static_cast<std::ptrdiff_t>(members[i].offset),
              other.begin() + static_cast<std::ptrdiff_t>(members[i].end()),
              mixed.begin() + static_cast<std::ptrdiff_t>(members[i].offset));
    // Plain bundles of the same trees have the same chunks.
    bool same = mixed == bundle_;
    EXPECT_EQ(Read(mixed).has_value(), same) << members[i].name;
  }
}

TEST(BundleDamageOfSignaturesTest, AFlipInTheEntryOfAnUnknownKeyCountsForNothing) {
  BundlePlan plan = SamplePlan();
  plan.signers.insert(plan.signers.begin(), fakes::SignerOf(Keys().stranger));
  const Bytes bundle = Build(std::move(plan));
  size_t begin = MembersOf(bundle).at(1).content();
  for (size_t offset = begin; offset < begin + kSignatureEntrySize; ++offset) {
    Bytes flipped = bundle;
    flipped[offset] ^= std::byte{0x40};
    EXPECT_EQ(Must(Read(flipped)), SampleStreams()) << offset;
  }
  for (size_t offset = begin + kSignatureEntrySize; offset < begin + 3 * kSignatureEntrySize;
       ++offset) {
    Bytes flipped = bundle;
    flipped[offset] ^= std::byte{0x40};
    EXPECT_THAT(Read(flipped), FailsWith(ErrorCode::kUntrusted)) << offset;
  }
}

// --- Bundles that are signed as they stand, yet say what cannot be.

/// Signs a changed HEADER again, as a careless builder with the keys would.
Bytes SignedAgain(const Bytes& bundle, const std::function<void(Header&)>& change) {
  std::vector<MemberPlace> members = MembersOf(bundle);
  Header header = Must(Header::Parse(ByteView(bundle).subspan(members[0].content(), kHeaderSize)));
  change(header);
  Bytes bytes = header.Serialize();
  Bytes signatures = WriteSignatures({Must(SignHeader(*fakes::SignerOf(Keys().release), bytes)),
                                      Must(SignHeader(*fakes::SignerOf(Keys().qa), bytes))});
  Bytes changed = bundle;
  std::copy(bytes.begin(), bytes.end(),
            changed.begin() + static_cast<std::ptrdiff_t>(members[0].content()));
  std::copy(signatures.begin(), signatures.end(),
            changed.begin() + static_cast<std::ptrdiff_t>(members[1].content()));
  return changed;
}

/// Replaces the content of a member by one of the same size, and gives HEADER its digest.
Bytes WithContent(const Bytes& bundle, std::string_view name,
                  const std::function<void(std::span<std::byte>)>& change) {
  Bytes changed = bundle;
  MemberPlace member;
  for (const MemberPlace& place : MembersOf(bundle)) {
    if (place.name == name) member = place;
  }
  std::span content = std::span(changed).subspan(member.content(), member.size);
  change(content);
  return SignedAgain(changed, [&](Header& header) {
    if (name == kManifestName) header.manifest_digest = Sha256(content);
    if (name == kManifestName && !header.encrypted()) header.content_id = Sha256(content);
    if (name == kIndexName) header.index_digest = Sha256(content);
  });
}

TEST_P(BundleDamageTest, SigningTheSameHeaderAgainChangesNothing) {
  EXPECT_EQ(SignedAgain(bundle_, [](Header&) {}), bundle_);
}

TEST_P(BundleDamageTest, ASignedHeaderThatIsNotOfThisBundleIsRefused) {
  const std::vector<std::pair<const char*, std::function<void(Header&)>>> changes = {
      {"chunk size", [](Header& h) { h.chunk_size *= 2; }},
      {"one chunk more", [](Header& h) { ++h.chunk_count; }},
      {"manifest size", [](Header& h) { --h.manifest_size; }},
      {"payload size", [](Header& h) { --h.payload_size; }},
      {"content id", [](Header& h) { h.content_id.bytes[0] ^= std::byte{1}; }},
      {"manifest digest", [](Header& h) { h.manifest_digest.bytes[0] ^= std::byte{1}; }},
      {"index digest", [](Header& h) { h.index_digest.bytes[0] ^= std::byte{1}; }},
      {"key commitment", [](Header& h) { h.key_commitment[0] ^= std::byte{1}; }},
      {"other suite",
       [](Header& h) {
         h.suite = h.encrypted() ? Suite::kPlain : Suite::kX25519Aes256Gcm;
         h.key_commitment = {};
       }},
  };
  for (const auto& [what, change] : changes)
    EXPECT_FALSE(Read(SignedAgain(bundle_, change))) << what;
  // Of a plain bundle nothing hangs from the salt.
  auto other_salt = [](Header& h) { h.salt[0] ^= std::byte{1}; };
  EXPECT_EQ(Read(SignedAgain(bundle_, other_salt)).has_value(), IsPlain());
}

TEST_P(BundleDamageTest, ASignedIndexThatDoesNotFitIsRefused) {
  // Moves one byte from the second chunk to the first: the sum is the same, the digests are not.
  Bytes moved = WithContent(bundle_, kIndexName, [](std::span<std::byte> index) {
    index[32] = static_cast<std::byte>(std::to_integer<int>(index[32]) + 1);
    index[68] = static_cast<std::byte>(std::to_integer<int>(index[68]) - 1);
  });
  EXPECT_THAT(Read(moved), FailsWith(ErrorCode::kCorrupt, "chunk"));
  Bytes swapped = WithContent(bundle_, kIndexName, [](std::span<std::byte> index) {
    std::swap_ranges(index.begin(), index.begin() + 36, index.begin() + 36);
  });
  EXPECT_THAT(Read(swapped), FailsWith(ErrorCode::kCorrupt, "chunk"));
  Bytes empty = WithContent(bundle_, kIndexName, [](std::span<std::byte> index) {
    std::fill(index.begin() + 32, index.begin() + 36, std::byte{0});
  });
  EXPECT_THAT(Read(empty), FailsWith(ErrorCode::kCorrupt, "INDEX"));
}

TEST_F(PlainDamageTest, ASignedManifestWithAnotherStreamDigestIsRefused) {
  size_t refused = 0;
  for (size_t stream = 0; stream < 4; ++stream) {
    Bytes changed = WithContent(bundle_, kManifestName, [&](std::span<std::byte> manifest) {
      size_t at = 0;
      for (size_t i = 0; i <= stream; ++i) at = AsText(manifest).find("\"digest\":\"", at) + 10;
      manifest[at] = manifest[at] == std::byte{'0'} ? std::byte{'1'} : std::byte{'0'};
    });
    EXPECT_THAT(Read(changed), FailsWith(ErrorCode::kCorrupt, "is not what its manifest says"))
        << stream;
    ++refused;
  }
  EXPECT_EQ(refused, 4u) << "the empty stream as well";
}

TEST_P(BundleDamageTest, AFileThatChangesWhileItIsReadIsRefusedOrReadAsItWas) {
  // Everything not yet read turns to zeros after the N-th read.
  class ChangingFile : public fakes::MemoryFile {
   public:
    ChangingFile(Bytes bytes, int after) : MemoryFile(std::move(bytes)), left_(after) {}
    Result<size_t> Read(std::span<std::byte> buffer) override {
      size_t got = TRY(MemoryFile::Read(buffer));
      if (left_-- <= 0) std::fill(buffer.begin(), buffer.end(), std::byte{0});
      return got;
    }

   private:
    int left_;
  };
  for (int after = 0;; ++after) {
    auto read = ReadBundle(std::make_unique<ChangingFile>(bundle_, after),
                           {.plain = PlainBundles::kAccepted});
    if (!read) continue;
    EXPECT_EQ(*read, SampleStreams()) << after;
    // Only zeros were left: the end of the file.
    break;
  }
}

}  // namespace
}  // namespace ignite::format
