// Every key of a bundle, derived from its file key. SPEC.md section 6.
#pragma once

#include "base/bytes.h"
#include "payload-format/container/header.h"

namespace ignite::format {

/// The secret of one bundle, random for each; recipients carry it wrapped.
struct FileKey {
  std::array<std::byte, kFileKeySize> bytes{};
  static FileKey Random();
};

/// Stream 0 is MANIFEST; the streams of the payloads follow in manifest order from 1.
struct StreamKey {
  Bytes key;         ///< AES-256-GCM
  Bytes base_nonce;  ///< XORed with the chunk's number
  Bytes commitment;  ///< of stream 0: what HEADER commits to
};

StreamKey DeriveStreamKey(const FileKey& file_key, const Header& header, uint32_t stream);
Bytes DeriveRecipientsMacKey(const FileKey& file_key, const Header& header);

}  // namespace ignite::format
