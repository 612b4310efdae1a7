// SIGNATURES: who vouches for HEADER. SPEC.md section 5.
#pragma once

#include <vector>

#include "base/result.h"
#include "payload-format/container/layout.h"
#include "payload-format/crypto/signer.h"

namespace ignite::format {

struct SignatureEntry {
  KeyId key_id{};
  Signature signature{};
};

/// kIo where the signer fails, and where its signature does not fit its public key.
Result<SignatureEntry> SignHeader(Signer& signer, ByteView header);
Bytes WriteSignatures(const std::vector<SignatureEntry>& entries);
Result<std::vector<SignatureEntry>> ParseSignatures(ByteView member);

}  // namespace ignite::format
