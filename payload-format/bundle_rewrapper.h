// Gives a bundle to other recipients, without building or signing it anew. SPEC.md section 7.
//
// Used by `ignite-pack rewrap`. RECIPIENTS are outside of the signatures, so only they change.
#pragma once

#include <memory>
#include <span>

#include "base/file_system.h"
#include "payload-format/bundle_writer.h"
#include "payload-format/crypto/key.h"

namespace ignite::format {

/// Writes the bundle to `path` with stanzas for these recipients and no others: file key and every
/// other member stay as they are. `path` must be another file than the bundle. It becomes visible
/// when it is complete and durable; an Error leaves nothing behind.
///
/// kNotAddressed where no identity opens the bundle, or where it is plain; kInvalidArgument for an
/// unsound recipient or too many of them; kCorrupt or kTruncated where any byte but those of the
/// signatures is not what HEADER says. Signatures are not checked, for that takes a keyring.
/// `progress` counts stored bytes of the payload.
Result<WrittenBundle> RewrapBundle(std::unique_ptr<InputFile> bundle,
                                   std::span<const PrivateKey> identities,
                                   std::span<const PublicKey> recipients, const std::string& path,
                                   const WriteProgress& progress);

}  // namespace ignite::format
