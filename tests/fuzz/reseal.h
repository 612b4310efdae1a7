// Makes a mutated bundle whole again: digests, sizes, signatures, and encryption where its HEADER
// asks for it. Without it nearly every mutation would end at the first signature, and nothing
// behind it would ever be fuzzed.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "payload-format/crypto/key.h"
#include "payload-format/trust/keyring.h"

namespace ignite::fuzz {

/// The keys of tests/vectors: what its bundles are signed with and encrypted to.
struct BundleKeys {
  BundleKeys();
  std::vector<format::PrivateKey> signers;
  std::vector<format::PrivateKey> identities;
  format::Keyring keyring;
};
const BundleKeys& KeysOfVectors();

/// Takes the bytes for the stream of a plain bundle, members in any order and of any sizes;
/// nullopt where there is no HEADER or no MANIFEST in it.
std::optional<Bytes> Reseal(ByteView input);

}  // namespace ignite::fuzz
