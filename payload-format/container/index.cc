#include "payload-format/container/index.h"

#include "payload-format/crypto/hash.h"

namespace ignite::format {

Bytes WriteIndex(const Index& index) {
  ByteWriter out;
  for (const IndexEntry& entry : index) out.Raw(entry.digest.bytes).U32(entry.stored_size);
  return std::move(out).bytes();
}

Result<Index> ParseIndex(ByteView bytes, const Header& header) {
  const Error damaged{ErrorCode::kCorrupt, "the bundle's INDEX does not agree with its HEADER",
                      "upload the bundle again"};
  if (bytes.size() != header.index_size()) return damaged;
  ByteReader in(bytes);
  Index index(header.chunk_count);
  uint64_t total = 0;
  for (IndexEntry& entry : index) {
    entry.digest.bytes = in.Array<32>();
    entry.stored_size = in.U32();
    if (entry.stored_size == 0 || entry.stored_size > header.chunk_size + kMaxChunkOverhead)
      return damaged;
    total += entry.stored_size;
  }
  if (total != header.payload_size) return damaged;
  return index;
}

Result<> CheckChunk(ByteView stored, const IndexEntry& entry) {
  if (Sha256(stored) == entry.digest) return {};
  return Error{ErrorCode::kCorrupt, "a chunk of the bundle is damaged", "upload the bundle again"};
}

}  // namespace ignite::format
