// Adds signatures to a finished bundle, elsewhere and later than it was built. SPEC.md section 5.
//
// Used by `ignite-pack sign`. Nothing else changes, and no recipient's key is needed.
#pragma once

#include <memory>
#include <span>

#include "base/file_system.h"
#include "payload-format/bundle_writer.h"

namespace ignite::format {

/// Writes the bundle to `path` with an entry of each signer behind those that it has. `path` must
/// be another file than the bundle. It becomes visible when it is complete and durable; an Error
/// leaves nothing behind.
///
/// kRefused where a signer's key has signed already, kUntrusted where the bundle has a wrong
/// signature of that key, kInvalidArgument for more signatures than a bundle takes, kIo where a
/// signer fails; kCorrupt or kTruncated where the bundle is not what HEADER says, RECIPIENTS aside,
/// which only a recipient can check. The other signatures are not checked, for that takes a
/// keyring. `progress` counts stored bytes of the payload.
Result<WrittenBundle> AddSignatures(std::unique_ptr<InputFile> bundle,
                                    std::span<const std::unique_ptr<Signer>> signers,
                                    const std::string& path, const WriteProgress& progress);

}  // namespace ignite::format
