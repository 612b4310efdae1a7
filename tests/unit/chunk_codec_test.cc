#include "payload-format/chunk/chunk_codec.h"

#include <gtest/gtest.h>

#include "payload-format/crypto/aead.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

constexpr int kLevel = 3;

class ChunkCodecTest : public testing::Test {
 protected:
  Header header_;
  FileKey file_key_ = FileKey::Random();
  ChunkCodec sealed_{header_, file_key_, 1};
  ChunkCodec plain_{header_, std::nullopt, 1};
  Bytes text_ = Bytes(5000, std::byte{'x'});
};

TEST_F(ChunkCodecTest, AChunkComesBack) {
  for (const ChunkCodec* codec : {&sealed_, &plain_}) {
    for (size_t size : {size_t{1}, size_t{100}, size_t{kMaxChunkSize}}) {
      Bytes plain(size, std::byte{7});
      Bytes stored = codec->Encode(plain, 3, false, kLevel);
      EXPECT_EQ(Must(codec->Decode(stored, 3, false, size)), plain) << size;
    }
  }
}

TEST_F(ChunkCodecTest, BytesThatDoNotCompressStayWithinTheOverhead) {
  Bytes random(kMaxChunkSize);
  uint64_t state = 1;
  for (std::byte& b : random)
    b = static_cast<std::byte>((state = state * 6364136223846793005 + 1442695040888963407) >> 56);
  for (int level : {1, 19}) {
    EXPECT_LE(sealed_.Encode(random, 0, true, level).size(), kMaxChunkSize + kMaxChunkOverhead)
        << level;
  }
}

TEST_F(ChunkCodecTest, TheSameChunkElsewhereIsNotTheSameChunk) {
  Bytes stored = sealed_.Encode(text_, 5, false, kLevel);
  constexpr auto kCorrupt = ErrorCode::kCorrupt;
  EXPECT_THAT(sealed_.Decode(stored, 4, false, text_.size()), FailsWith(kCorrupt, "decrypt"));
  EXPECT_THAT(sealed_.Decode(stored, 5, true, text_.size()), FailsWith(kCorrupt, "decrypt"));
  EXPECT_THAT(ChunkCodec(header_, file_key_, 2).Decode(stored, 5, false, text_.size()),
              FailsWith(kCorrupt, "decrypt"));
  EXPECT_THAT(ChunkCodec(header_, FileKey::Random(), 1).Decode(stored, 5, false, text_.size()),
              FailsWith(kCorrupt));
  header_.salt[0] = std::byte{1};
  EXPECT_THAT(ChunkCodec(header_, file_key_, 1).Decode(stored, 5, false, text_.size()),
              FailsWith(kCorrupt));
}

TEST_F(ChunkCodecTest, RefusesEveryFlippedByteAndEveryTruncation) {
  Bytes stored = sealed_.Encode(text_, 0, true, kLevel);
  for (size_t i = 0; i < stored.size(); ++i) {
    Bytes flipped = stored;
    flipped[i] ^= std::byte{1};
    EXPECT_THAT(sealed_.Decode(flipped, 0, true, text_.size()), FailsWith(ErrorCode::kCorrupt))
        << i;
    EXPECT_THAT(sealed_.Decode(ByteView(stored).first(i), 0, true, text_.size()),
                FailsWith(ErrorCode::kCorrupt))
        << i;
  }
}

TEST_F(ChunkCodecTest, RefusesAnotherPlainSize) {
  Bytes stored = plain_.Encode(text_, 0, true, kLevel);
  for (size_t size :
       {size_t{0}, size_t{1}, text_.size() - 1, text_.size() + 1, size_t{kMaxChunkSize}}) {
    EXPECT_THAT(plain_.Decode(stored, 0, true, size), FailsWith(ErrorCode::kCorrupt, "decompress"))
        << size;
  }
}

TEST_F(ChunkCodecTest, RefusesAnythingButExactlyOneFrame) {
  Bytes frame = plain_.Encode(text_, 0, true, kLevel);
  auto refused = [&](const Bytes& stored, size_t size) {
    EXPECT_THAT(plain_.Decode(stored, 0, true, size), FailsWith(ErrorCode::kCorrupt));
  };
  Bytes longer = frame;
  longer.push_back(std::byte{0});
  refused(longer, text_.size());
  Bytes two = frame;
  two.insert(two.end(), frame.begin(), frame.end());
  refused(two, text_.size());
  refused(two, 2 * text_.size());
  Bytes skippable = FromHex("502a4d1804000000deadbeef").value();
  refused(skippable, 4);
  Bytes skippable_first = skippable;
  skippable_first.insert(skippable_first.end(), frame.begin(), frame.end());
  refused(skippable_first, text_.size());
  refused({}, 1);
  refused(text_, text_.size());
}

TEST_F(ChunkCodecTest, RefusesTheFramesOfOlderZstdFormats) {
  // Version 0.7, which the library still reads: a raw block "hello\n" and the end.
  Bytes frame = FromHex("27b52ffd200640000668656c6c6f0ac00000").value();
  EXPECT_THAT(plain_.Decode(frame, 0, true, 6), FailsWith(ErrorCode::kCorrupt, "decompress"));
}

TEST_F(ChunkCodecTest, RefusesAFrameWithAWindowOfItsOwn) {
  // "hello\n" as one segment, and behind window descriptors of 1 KiB, 4 KiB, 4.5 KiB and 2 GiB;
  // without a content size and with the right one.
  EXPECT_TRUE(plain_.Decode(FromHex("28b52ffd200631000068656c6c6f0a").value(), 0, true, 6));
  for (const char* hex :
       {"28b52ffd000031000068656c6c6f0a", "28b52ffd001031000068656c6c6f0a",
        "28b52ffd001131000068656c6c6f0a", "28b52ffd00a831000068656c6c6f0a",
        "28b52ffd80000600000031000068656c6c6f0a", "28b52ffd80a80600000031000068656c6c6f0a"}) {
    EXPECT_THAT(plain_.Decode(FromHex(hex).value(), 0, true, 6),
                FailsWith(ErrorCode::kCorrupt, "decompress"))
        << hex;
  }
}

TEST_F(ChunkCodecTest, RefusesAFrameThatIsCutOff) {
  Bytes frame = plain_.Encode(text_, 0, true, kLevel);
  for (size_t size = 0; size < frame.size(); ++size) {
    EXPECT_THAT(plain_.Decode(Bytes(frame.begin(), frame.begin() + static_cast<ptrdiff_t>(size)), 0,
                              true, text_.size()),
                FailsWith(ErrorCode::kCorrupt, "decompress"))
        << size;
  }
}

TEST_F(ChunkCodecTest, EveryLevelMakesASingleSegment) {
  for (int level = 1; level <= 19; ++level) {
    for (size_t size : {size_t{1}, size_t{300'000}, size_t{kMaxChunkSize}}) {
      Bytes stored = plain_.Encode(Bytes(size, std::byte{7}), 0, true, level);
      EXPECT_THAT(plain_.Decode(stored, 0, true, size), Succeeds()) << level << " " << size;
    }
  }
}

TEST_F(ChunkCodecTest, AFrameThatClaimsMoreThanItMayGivesNothing) {
  // A frame whose header claims 2^62 bytes and a window of 2 GiB, and one that grows from 20 bytes
  // to 128 KiB.
  Bytes claim = FromHex("28b52ffde0ffffffffffffff3f010000").value();
  EXPECT_THAT(plain_.Decode(claim, 0, true, 4096), FailsWith(ErrorCode::kCorrupt));
  Bytes bomb = plain_.Encode(Bytes(128 * 1024), 0, true, kLevel);
  EXPECT_LT(bomb.size(), 50u);
  EXPECT_THAT(plain_.Decode(bomb, 0, true, 4096), FailsWith(ErrorCode::kCorrupt));
}

TEST_F(ChunkCodecTest, TheManifestIsTheLastChunkOfStreamZeroAndNotCompressed) {
  StreamKey key = DeriveStreamKey(file_key_, header_, 0);
  Bytes sealed = SealManifest(AsBytes("{}"), key);
  EXPECT_EQ(sealed.size(), 2 + kAeadTagSize);
  EXPECT_EQ(AsText(OpenManifest(sealed, key).value()), "{}");
  for (size_t i = 0; i < sealed.size(); ++i) {
    Bytes flipped = sealed;
    flipped[i] ^= std::byte{1};
    EXPECT_FALSE(OpenManifest(flipped, key)) << i;
  }
  EXPECT_FALSE(OpenManifest(sealed, DeriveStreamKey(file_key_, header_, 1)));
}

}  // namespace
}  // namespace ignite::format
