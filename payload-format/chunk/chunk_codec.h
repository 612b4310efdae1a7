// One chunk: plain block -> zstd frame -> AES-256-GCM, and back. SPEC.md section 9.
//
// Thread-safe: workers share one codec for each stream.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "payload-format/container/key_schedule.h"

namespace ignite::format {

class ChunkCodec {
 public:
  /// Without a file key the chunks are compressed only.
  ChunkCodec(const Header& header, const std::optional<FileKey>& file_key, uint32_t stream);

  Bytes Encode(ByteView plain, uint64_t number, bool last, int level) const;
  /// `plain_size` is what the chunk must give, no byte more or less. The caller has checked the
  /// stored digest before. `memory` is that of an earlier chunk, to be used again.
  Result<Bytes> Decode(ByteView stored, uint64_t number, bool last, size_t plain_size,
                       Bytes memory = {}) const;

 private:
  uint32_t stream_;
  std::optional<StreamKey> key_;
};

/// MANIFEST is one chunk of stream 0 that is not compressed.
Bytes SealManifest(ByteView json, const StreamKey& key);
std::optional<Bytes> OpenManifest(ByteView sealed, const StreamKey& key);

}  // namespace ignite::format
