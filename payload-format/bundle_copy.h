// A finished bundle written anew with other SIGNATURES or RECIPIENTS. Everything else is copied
// byte for byte, and checked against HEADER on the way.
//
// Used by what changes a bundle without building it anew: bundle_rewrapper.h, bundle_signer.h.
#pragma once

#include <span>
#include <string>

#include "payload-format/bundle_writer.h"
#include "payload-format/members.h"

namespace ignite::format {

/// `early` was read from `input` and is as it shall be in the copy; `signers` sign in addition,
/// when all else has been checked and written. `path` must be another file than the bundle. It
/// becomes visible when it is complete and durable; an Error leaves nothing behind.
///
/// kCorrupt or kTruncated where anything behind the early members is not what HEADER says, kIo
/// where a signer fails. `progress` counts stored bytes of the payload.
Result<WrittenBundle> CopyBundle(BundleInput& input, EarlyMembers early,
                                 std::span<const std::unique_ptr<Signer>> signers,
                                 const std::string& path, const WriteProgress& progress);

}  // namespace ignite::format
