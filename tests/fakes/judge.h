// What ignite's own reader says of a whole bundle, with the checks of `ignite-pack verify`: for
// comparisons with other readers.
#pragma once

#include <span>

#include "payload-format/verified_bundle.h"

namespace ignite::fakes {

struct Verdict {
  format::Manifest manifest;
  Sha256Digest content_id;
  /// Over all entries of all trees. tests/vectors/README.md says how.
  Sha256Digest entries;
};

/// The first Error that the reader finds.
Result<Verdict> Judge(std::unique_ptr<InputFile> bundle, const format::Keyring& keyring,
                      std::span<const format::PrivateKey> identities, format::PlainBundles plain);

}  // namespace ignite::fakes
