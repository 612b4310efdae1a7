// A failure report that only its recipient can read: the appendix of SPEC.md.
#pragma once

#include "base/result.h"
#include "payload-format/crypto/key.h"

namespace ignite::format {

Bytes SealReport(const PublicKey& recipient, ByteView report);
/// kUnsupported where it is no sealed report, kTruncated where it ends too soon, kNotAddressed
/// where it is for another key, or damaged: these two cannot be told apart.
Result<Bytes> OpenReport(const PrivateKey& identity, ByteView sealed);

}  // namespace ignite::format
