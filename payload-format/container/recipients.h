// RECIPIENTS: the file key, wrapped once for every probe that may read the bundle. SPEC.md
// section 7.
#pragma once

#include <span>

#include "base/result.h"
#include "payload-format/container/key_schedule.h"
#include "payload-format/crypto/key.h"

namespace ignite::format {

/// One stanza for each recipient, then the MAC. kInvalidArgument for an unsound recipient key or
/// too many of them.
Result<Bytes> WriteRecipients(const FileKey& file_key, const Header& header,
                              std::span<const PublicKey> recipients);

/// Finds the stanza of one of the identities, unwraps the file key, and checks the MAC and HEADER's
/// key commitment. kNotAddressed where no stanza is for these identities, kCorrupt where one is but
/// does not hold.
Result<FileKey> OpenRecipients(ByteView member, const Header& header,
                               std::span<const PrivateKey> identities);

/// The number of stanzas, those of an unknown kem included; kCorrupt where the member is not well
/// formed.
Result<size_t> CountRecipients(ByteView member);

}  // namespace ignite::format
