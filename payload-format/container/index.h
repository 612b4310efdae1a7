// INDEX: for every chunk the digest of its stored bytes and their number. SPEC.md section 9.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "payload-format/container/header.h"

namespace ignite::format {

struct IndexEntry {
  Sha256Digest digest;
  uint32_t stored_size = 0;
};

using Index = std::vector<IndexEntry>;

Bytes WriteIndex(const Index& index);
/// The bytes must already agree with HEADER's digest. kCorrupt where sizes are out of their limits
/// or do not add up.
Result<Index> ParseIndex(ByteView bytes, const Header& header);
/// kCorrupt where these are not the stored bytes that the entry names.
Result<> CheckChunk(ByteView stored, const IndexEntry& entry);

}  // namespace ignite::format
