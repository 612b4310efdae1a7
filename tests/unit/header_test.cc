#include "payload-format/container/header.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

Header SampleHeader() {
  Header header;
  header.chunk_size = 4096;
  header.chunk_count = 3;
  header.manifest_size = 500;
  header.payload_size = 7000;
  header.content_id.bytes.fill(std::byte{1});
  header.manifest_digest.bytes.fill(std::byte{2});
  header.index_digest.bytes.fill(std::byte{3});
  header.salt.fill(std::byte{4});
  header.key_commitment.fill(std::byte{5});
  return header;
}

/// The bytes of the sample with a little-endian integer put at an offset of SPEC.md section 4.
Bytes Patched(size_t offset, size_t size, uint64_t value) {
  Bytes bytes = SampleHeader().Serialize();
  for (size_t i = 0; i < size; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
  return bytes;
}

TEST(HeaderTest, ComesBackFromItsBytes) {
  Bytes bytes = SampleHeader().Serialize();
  EXPECT_EQ(bytes.size(), kHeaderSize);
  EXPECT_EQ(Must(Header::Parse(bytes)), SampleHeader());
  Header plain = SampleHeader();
  plain.suite = Suite::kPlain;
  plain.key_commitment = {};
  EXPECT_EQ(Must(Header::Parse(plain.Serialize())), plain);
}

TEST(HeaderTest, RefusesAnotherSize) {
  Bytes bytes = SampleHeader().Serialize();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Header::Parse(ByteView(bytes).first(size)), FailsWith(ErrorCode::kCorrupt)) << size;
  }
  bytes.push_back(std::byte{0});
  EXPECT_THAT(Header::Parse(bytes), FailsWith(ErrorCode::kCorrupt));
}

TEST(HeaderTest, RefusesEveryFlippedBitOfTheMagic) {
  for (size_t bit = 0; bit < 64; ++bit) {
    Bytes bytes = SampleHeader().Serialize();
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_THAT(Header::Parse(bytes), FailsWith(ErrorCode::kCorrupt, "no ignite bundle")) << bit;
  }
}

TEST(HeaderTest, RefusesAnotherVersionOrSuiteAsUnsupported) {
  for (uint64_t version : {1, 2, 256, 65535}) {
    EXPECT_THAT(Header::Parse(Patched(8, 2, version)),
                FailsWith(ErrorCode::kUnsupported, "format version"));
  }
  for (uint64_t suite : {2, 256, 65535}) {
    EXPECT_THAT(Header::Parse(Patched(10, 2, suite)), FailsWith(ErrorCode::kUnsupported, "suite"));
  }
}

TEST(HeaderTest, RefusesAChunkSizeThatIsNoPowerOfTwoInItsRange) {
  for (uint64_t size : {0u, 1u, 2048u, 4095u, 4097u, 6000u, 2u << 20, 1u << 31}) {
    EXPECT_THAT(Header::Parse(Patched(12, 4, size)), FailsWith(ErrorCode::kCorrupt, "chunk size"))
        << size;
  }
  for (uint64_t size : {kMinChunkSize, kMaxChunkSize})
    EXPECT_THAT(Header::Parse(Patched(12, 4, size)), Succeeds());
}

TEST(HeaderTest, RefusesTooManyChunks) {
  for (uint64_t count : {kMaxChunks + 1, uint64_t{1} << 32, uint64_t{1} << 63, UINT64_MAX}) {
    EXPECT_THAT(Header::Parse(Patched(16, 8, count)),
                FailsWith(ErrorCode::kCorrupt, "too many chunks"))
        << count;
  }
  Header largest = SampleHeader();
  largest.chunk_count = kMaxChunks;
  EXPECT_THAT(Header::Parse(largest.Serialize()), Succeeds());
}

TEST(HeaderTest, RefusesAManifestThatIsEmptyOrTooLarge) {
  for (uint64_t size : {0u, kMaxManifestSize + 1, UINT32_MAX}) {
    EXPECT_THAT(Header::Parse(Patched(24, 4, size)), FailsWith(ErrorCode::kCorrupt, "manifest"))
        << size;
  }
  EXPECT_THAT(Header::Parse(Patched(24, 4, kMaxManifestSize)), Succeeds());
}

TEST(HeaderTest, RefusesAnIndexSizeThatIsNotThatOfItsChunks) {
  for (uint64_t size : {0, 107, 109, 144}) {
    EXPECT_THAT(Header::Parse(Patched(28, 4, size)), FailsWith(ErrorCode::kCorrupt, "index"))
        << size;
  }
}

TEST(HeaderTest, RefusesMoreStoredBytesThanItsChunksCanHave) {
  uint64_t most = 3 * (4096 + kMaxChunkOverhead);
  EXPECT_THAT(Header::Parse(Patched(32, 8, most)), Succeeds());
  for (uint64_t size : {most + 1, UINT64_MAX}) {
    EXPECT_THAT(Header::Parse(Patched(32, 8, size)), FailsWith(ErrorCode::kCorrupt, "stored bytes"))
        << size;
  }
}

TEST(HeaderTest, RefusesReservedBytesThatAreNotZero) {
  for (size_t offset = 200; offset < kHeaderSize; ++offset) {
    EXPECT_THAT(Header::Parse(Patched(offset, 1, 0x80)), FailsWith(ErrorCode::kCorrupt, "reserved"))
        << offset;
  }
}

TEST(HeaderTest, RefusesAKeyCommitmentInAPlainBundle) {
  EXPECT_THAT(Header::Parse(Patched(10, 2, 0)),
              FailsWith(ErrorCode::kCorrupt, "without encryption"));
}

TEST(SignedMessageTest, IsThePreAuthenticationEncodingOfDsse) {
  Bytes header = SampleHeader().Serialize();
  std::string expected =
      "DSSEv1 32 application/vnd.ignite.header.v0 256 " + std::string(AsText(header));
  EXPECT_EQ(AsText(SignedMessage(header)), expected);
}

}  // namespace
}  // namespace ignite::format
