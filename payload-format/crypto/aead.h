// AES-GCM with a 96-bit nonce and a 128-bit tag behind the ciphertext.
#pragma once

#include "base/bytes.h"

namespace ignite::format {

inline constexpr size_t kAeadNonceSize = 12;
inline constexpr size_t kAeadTagSize = 16;

/// AES-128-GCM for a key of 16 bytes (HPKE's test vectors), AES-256-GCM for one of 32.
Bytes AeadSeal(ByteView key, ByteView nonce, ByteView aad, ByteView plain);

/// nullopt where the tag does not hold; nothing of the plain text is given out then.
std::optional<Bytes> AeadOpen(ByteView key, ByteView nonce, ByteView aad, ByteView sealed);

}  // namespace ignite::format
