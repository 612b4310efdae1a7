// INDEX. The first byte chooses the chunk size, the second whether HEADER's payload size is the sum
// of the entries.

#include "payload-format/container/index.h"

#include <algorithm>

#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

uint64_t SumOfSizes(ByteView index) {
  uint64_t sum = 0;
  for (ByteReader in(index); in.remaining() >= format::kIndexEntrySize;) {
    (void)in.Raw(32);
    sum += in.U32();
  }
  return sum;
}

const Target kIndex{
    "index", [](ByteView input) {
      ByteReader in(input);
      format::Header header;
      header.chunk_size = format::kMinChunkSize << in.U8() % 9;
      bool sum_is_wrong = in.U8() == 1;
      ByteView bytes = in.Raw(in.remaining());
      header.chunk_count = bytes.size() / format::kIndexEntrySize;
      header.payload_size = SumOfSizes(bytes) + (sum_is_wrong ? 1 : 0);
      auto index = format::ParseIndex(bytes, header);
      PromiseGoodError(index);
      if (!index) return;
      Promise(!sum_is_wrong, "stored sizes add up");
      Bytes written = format::WriteIndex(*index);
      Promise(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()),
              "INDEX has one form");
      for (const auto& entry : *index) {
        Promise(entry.stored_size > 0 &&
                    entry.stored_size <= header.chunk_size + format::kMaxChunkOverhead,
                "a stored size is within its limits");
      }
    }};

}  // namespace
}  // namespace ignite::fuzz
