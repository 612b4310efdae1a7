#include "payload-format/container/index.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

Index SampleIndex() {
  Index index(3);
  for (size_t i = 0; i < index.size(); ++i) {
    index[i].digest.bytes.fill(static_cast<std::byte>(i + 1));
    index[i].stored_size = static_cast<uint32_t>(100 * (i + 1));
  }
  return index;
}

Header HeaderFor(const Index& index) {
  Header header;
  header.chunk_size = kMinChunkSize;
  header.chunk_count = index.size();
  for (const IndexEntry& entry : index) header.payload_size += entry.stored_size;
  return header;
}

TEST(IndexTest, ComesBackFromItsBytes) {
  Index index = SampleIndex();
  Index again = Must(ParseIndex(WriteIndex(index), HeaderFor(index)));
  ASSERT_EQ(again.size(), index.size());
  for (size_t i = 0; i < index.size(); ++i) {
    EXPECT_EQ(again[i].digest, index[i].digest);
    EXPECT_EQ(again[i].stored_size, index[i].stored_size);
  }
  EXPECT_TRUE(Must(ParseIndex({}, HeaderFor({}))).empty());
}

TEST(IndexTest, RefusesASizeOtherThanHeaderSays) {
  Bytes bytes = WriteIndex(SampleIndex());
  Header header = HeaderFor(SampleIndex());
  EXPECT_THAT(ParseIndex(ByteView(bytes).first(bytes.size() - 1), header),
              FailsWith(ErrorCode::kCorrupt));
  bytes.push_back(std::byte{0});
  EXPECT_THAT(ParseIndex(bytes, header), FailsWith(ErrorCode::kCorrupt));
}

TEST(IndexTest, RefusesAnEmptyChunkAndOneThatIsTooLarge) {
  Index index = SampleIndex();
  index[1].stored_size = 0;
  EXPECT_THAT(ParseIndex(WriteIndex(index), HeaderFor(index)), FailsWith(ErrorCode::kCorrupt));
  index[1].stored_size = kMinChunkSize + kMaxChunkOverhead;
  EXPECT_THAT(ParseIndex(WriteIndex(index), HeaderFor(index)), Succeeds());
  ++index[1].stored_size;
  EXPECT_THAT(ParseIndex(WriteIndex(index), HeaderFor(index)), FailsWith(ErrorCode::kCorrupt));
}

TEST(IndexTest, RefusesSizesThatDoNotAddUp) {
  Index index = SampleIndex();
  for (int difference : {-1, 1}) {
    Header header = HeaderFor(index);
    header.payload_size += static_cast<uint64_t>(difference);
    EXPECT_THAT(ParseIndex(WriteIndex(index), header), FailsWith(ErrorCode::kCorrupt))
        << difference;
  }
}

}  // namespace
}  // namespace ignite::format
