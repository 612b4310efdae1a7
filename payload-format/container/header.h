// HEADER: the fixed 256 bytes that a signature covers. Everything else in the bundle hangs from it.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "payload-format/container/layout.h"

namespace ignite::format {

enum class Suite : uint16_t {
  kPlain = 0,  ///< Not encrypted: for development; a probe refuses it unless configured otherwise.
  kX25519Aes256Gcm = 1,  ///< X25519 HPKE recipients, AES-256-GCM chunks, HKDF-SHA-512.
};

struct Header {
  Suite suite = Suite::kX25519Aes256Gcm;
  uint32_t chunk_size = kMaxChunkSize;  ///< Plain bytes of every chunk but the last of a stream.
  uint64_t chunk_count = 0;
  uint32_t manifest_size = 0;  ///< Stored bytes of MANIFEST.
  uint64_t payload_size = 0;   ///< Stored bytes of all chunks.
  Sha256Digest content_id;     ///< Of the plain manifest.
  Sha256Digest manifest_digest;
  Sha256Digest index_digest;
  std::array<std::byte, 32> salt{};
  std::array<std::byte, 32> key_commitment{};  ///< Zero in a plain bundle.

  bool operator==(const Header&) const = default;
  bool encrypted() const { return suite != Suite::kPlain; }
  uint64_t index_size() const { return chunk_count * kIndexEntrySize; }

  Bytes Serialize() const;
  /// kCorrupt where it is no bundle or a value is out of its limits, kUnsupported for another
  /// version or suite.
  static Result<Header> Parse(ByteView bytes);
};

/// What a signature is made over: the pre-authentication encoding of DSSE 1.0.2 with
/// kSignatureType.
Bytes SignedMessage(ByteView header);

}  // namespace ignite::format
