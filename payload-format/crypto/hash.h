// SHA-256, HMAC and HKDF over OpenSSL's EVP.
//
// payload-format/crypto is the only folder that knows OpenSSL. Operations that can only fail for
// want of memory end the program; systemd starts it again and the journal recovers.
#pragma once

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/digest.h"

struct evp_md_ctx_st;

namespace ignite::format {

void FreeDigestContext(evp_md_ctx_st* context) noexcept;

/// Hashes bytes that come in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();
  void Update(ByteView bytes);
  /// Gives the digest and starts anew.
  Sha256Digest Finish();

 private:
  CHandle<evp_md_ctx_st, FreeDigestContext> context_;
};

Sha256Digest Sha256(ByteView bytes);
Sha256Digest HmacSha256(ByteView key, ByteView message);

/// HKDF-SHA-512 (RFC 5869), extract and expand.
Bytes HkdfSha512(ByteView secret, ByteView salt, ByteView info, size_t length);
/// The two halves of HKDF-SHA-256, as HPKE uses them.
Bytes HkdfSha256Extract(ByteView salt, ByteView secret);
Bytes HkdfSha256Expand(ByteView key, ByteView info, size_t length);

/// Takes the same time wherever the first difference is.
bool EqualInConstantTime(ByteView a, ByteView b);
Bytes RandomBytes(size_t count);

}  // namespace ignite::format
