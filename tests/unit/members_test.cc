#include "payload-format/members.h"

#include <gtest/gtest.h>

#include "payload-format/payload_members.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::format {
namespace {

using fakes::Build;
using fakes::FailsWith;
using fakes::MakeMemoryFile;
using fakes::Must;
using fakes::SamplePlan;
using fakes::Succeeds;

const Bytes& Sample() {
  static const Bytes bundle = Build(SamplePlan());
  return bundle;
}

const Bytes& PlainSample() {
  static const Bytes bundle = [] {
    BundlePlan plan = SamplePlan();
    plan.recipients.clear();
    return Build(std::move(plan));
  }();
  return bundle;
}

TEST(ExpectedLengthTest, IsKnownFromTheFirstKilobytesOnAndNeverChanges) {
  for (const Bytes& bundle : {Sample(), PlainSample()}) {
    size_t known_at = bundle.size() + 1;
    for (size_t size = 0; size <= bundle.size(); ++size) {
      auto length = Must(ExpectedLength(ByteView(bundle).first(size)));
      if (length) known_at = std::min(known_at, size);
      ASSERT_EQ(length.has_value(), size >= known_at) << size;
      ASSERT_EQ(length.value_or(bundle.size()), bundle.size()) << size;
    }
    EXPECT_LE(known_at, 4096u);
  }
}

TEST(ExpectedLengthTest, FourKibibytesAreEnoughForTheMostSignatures) {
  BundlePlan plan = SamplePlan();
  while (plan.signers.size() < kMaxSignatures)
    plan.signers.push_back(fakes::SignerOf(PrivateKey::Generate(KeyType::kEd25519)));
  while (plan.recipients.size() < 100)
    plan.recipients.push_back(PrivateKey::Generate(KeyType::kX25519).public_key());
  Bytes bundle = Build(std::move(plan));
  EXPECT_EQ(Must(ExpectedLength(ByteView(bundle).first(4096))), bundle.size());
}

TEST(ExpectedLengthTest, JunkIsKnownAtItsFirstByte) {
  EXPECT_FALSE(Must(ExpectedLength({})).has_value()) << "an upload that has not begun";
  EXPECT_THAT(ExpectedLength(AsBytes("P")), FailsWith(ErrorCode::kCorrupt, "no ignite bundle"));
  EXPECT_FALSE(Must(ExpectedLength(AsBytes("HEAD"))).has_value());
  EXPECT_THAT(ExpectedLength(AsBytes("HEAP")), FailsWith(ErrorCode::kCorrupt, "no ignite bundle"));
  EXPECT_THAT(ExpectedLength(Bytes(10)), FailsWith(ErrorCode::kCorrupt, "no ignite bundle"));
}

TEST(ExpectedLengthTest, AnotherVersionIsToldFromJunk) {
  Bytes bundle = Sample();
  bundle[kTarBlock + 8] = std::byte{1};
  EXPECT_THAT(ExpectedLength(bundle), FailsWith(ErrorCode::kUnsupported, "format version 1"));
}

TEST(ExpectedLengthTest, AWrongHeaderIsDamageAndNotABundleToWaitFor) {
  Bytes bundle = Sample();
  bundle[kTarBlock + 250] = std::byte{1};
  EXPECT_THAT(ExpectedLength(bundle), FailsWith(ErrorCode::kCorrupt, "HEADER"));
}

TEST(ExpectedLengthTest, TheLargestHeaderDoesNotOverflow) {
  Header header = Must(Header::Parse(ByteView(Sample()).subspan(kTarBlock, kHeaderSize)));
  header.chunk_size = kMaxChunkSize;
  header.chunk_count = kMaxChunks;
  header.payload_size = kMaxChunks * (uint64_t{kMaxChunkSize} + kMaxChunkOverhead);
  Bytes bundle = Sample();
  Bytes bytes = header.Serialize();
  std::copy(bytes.begin(), bytes.end(), bundle.begin() + kTarBlock);
  uint64_t length = Must(ExpectedLength(bundle)).value();
  EXPECT_GT(length, header.payload_size);
  EXPECT_LT(length, header.payload_size + header.index_size() + 200 * 1024);
}

TEST(ReadEarlyMembersTest, ReadsNothingBehindTheSignaturesWhenNobodyVouches) {
  // The file ends right behind SIGNATURES, and the caller's Error comes before the missing bytes
  // are noticed.
  size_t end = fakes::MembersOf(Sample()).at(1).end();
  BundleInput input(MakeMemoryFile(ByteView(Sample()).first(end)));
  auto refuse = [](ByteView, const auto&) -> Result<> {
    return Error{ErrorCode::kUntrusted, "nobody", ""};
  };
  EXPECT_THAT(ReadEarlyMembers(input, refuse), FailsWith(ErrorCode::kUntrusted, "nobody"));
}

TEST(ReadEarlyMembersTest, GivesTheBytesThatTheSignaturesCover) {
  BundleInput input(MakeMemoryFile(Sample()));
  EarlyMembers early =
      Must(ReadEarlyMembers(input, [](ByteView, const auto&) -> Result<> { return {}; }));
  EXPECT_EQ(early.header_bytes, early.header.Serialize());
  EXPECT_EQ(early.signatures.size(), 2u);
  EXPECT_EQ(Must(CountRecipients(early.recipients)), 2u);
}

TEST(ReadManifestTest, AStrangerWithoutTheFileKeyGetsNoManifest) {
  BundleInput input(MakeMemoryFile(Sample()));
  EarlyMembers early =
      Must(ReadEarlyMembers(input, [](ByteView, const auto&) -> Result<> { return {}; }));
  EXPECT_THAT(ReadManifest(input, early.header, std::nullopt),
              FailsWith(ErrorCode::kCorrupt, "MANIFEST"));
}

class PayloadMembersTest : public testing::Test {
 protected:
  static constexpr uint64_t kMemberSize = 1000;

  /// The run 0, 1, 2, ... cut into members.
  static Bytes Members(size_t size) {
    ByteWriter out;
    for (size_t at = 0, number = 0; at < size; at += kMemberSize, ++number) {
      size_t count = std::min<size_t>(size - at, kMemberSize);
      out.Raw(MakeTarBlock(PayloadMemberName(number), count))
          .Raw(ByteView(Run(size)).subspan(at, count));
      out.Zeros(TarPadding(count));
    }
    return std::move(out).bytes();
  }
  static Bytes Run(size_t size) {
    Bytes run(size);
    for (size_t i = 0; i < size; ++i) run[i] = static_cast<std::byte>(i * 7);
    return run;
  }
  static Result<Bytes> Read(ByteView members, size_t size, size_t step) {
    BundleInput input(MakeMemoryFile(members));
    PayloadMembersReader reader(input, size, kMemberSize);
    Bytes run(size);
    for (size_t at = 0; at < size; at += step) {
      TRY(reader.Read(std::span(run).subspan(at, std::min(step, size - at))));
    }
    std::byte extra;
    if (input.Read({&extra, 1})) return Error{ErrorCode::kInternal, "bytes are left", ""};
    return run;
  }
};

TEST_F(PayloadMembersTest, GiveOneRunHoweverItIsRead) {
  for (size_t size : {0, 1, 999, 1000, 1001, 1024, 2000, 3500}) {
    for (size_t step : {1, 7, 999, 1000, 1001, 2500, 4000}) {
      EXPECT_EQ(Must(Read(Members(size), size, step)), Run(size)) << size << " by " << step;
    }
    EXPECT_EQ(Members(size).size(), PayloadMembersLength(size, kMemberSize));
  }
}

TEST_F(PayloadMembersTest, RefuseEveryFlippedBitOfTheirHeadersAndPadding) {
  Bytes members = Members(2500);
  for (const auto& [begin, end] : std::vector<std::pair<size_t, size_t>>{
           {0, 512}, {1512, 1536}, {1536, 2048}, {3048, 3072}, {3072, 3584}, {4084, 4096}}) {
    for (size_t bit = begin * 8; bit < end * 8; ++bit) {
      Bytes flipped = members;
      flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      EXPECT_THAT(Read(flipped, 2500, 700), FailsWith(ErrorCode::kCorrupt)) << bit / 8;
    }
  }
}

TEST_F(PayloadMembersTest, RefuseEveryTruncation) {
  Bytes members = Members(2500);
  for (size_t size = 0; size < members.size(); ++size) {
    EXPECT_THAT(Read(ByteView(members).first(size), 2500, 700), FailsWith(ErrorCode::kTruncated))
        << size;
  }
}

TEST_F(PayloadMembersTest, RefuseAnotherOrderNumberOrSize) {
  Bytes members = Members(3000);
  constexpr size_t kLength = 1536;
  auto swapped = members;
  std::swap_ranges(swapped.begin(), swapped.begin() + kLength, swapped.begin() + kLength);
  EXPECT_THAT(Read(swapped, 3000, 100), FailsWith(ErrorCode::kCorrupt, "PAYLOAD"));
  Bytes doubled = members;
  std::copy_n(members.begin(), kLength, doubled.begin() + kLength);
  EXPECT_THAT(Read(doubled, 3000, 100), FailsWith(ErrorCode::kCorrupt, "PAYLOAD"));
  Bytes without_first(members.begin() + kLength, members.end());
  EXPECT_THAT(Read(without_first, 2000, 100), FailsWith(ErrorCode::kCorrupt, "PAYLOAD"));
  EXPECT_THAT(Read(members, 2999, 100), FailsWith(ErrorCode::kCorrupt, "PAYLOAD"))
      << "the last one is too large";
  EXPECT_THAT(Read(members, 3001, 100), FailsWith(ErrorCode::kTruncated));
}

}  // namespace
}  // namespace ignite::format
