// The valid bundles that mutants are made from, out of tests/vectors, with the keys around them.
//
// They were made by another writer than ignite's, and are the same in every run. No two have the
// same HEADER, so nothing of one belongs into another.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "payload-format/trust/keyring.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::mutants {

struct Original {
  std::string name;
  Bytes bytes;
  std::vector<fakes::MemberPlace> members;

  const fakes::MemberPlace& Member(std::string_view name) const;
};

struct Originals {
  format::Keyring keyring;
  format::Keyring keyring_without_qa;
  std::set<format::KeyId> known_keys;       ///< All of the keyring.
  std::vector<format::PrivateKey> signers;  ///< Enough to vouch for a product.
  format::PrivateKey stranger;
  std::vector<format::PrivateKey> identities;
  std::vector<Original> bundles;
  Original installed;  ///< What a probe runs before a mutant arrives.
};

/// Throws where the test kit is not as it should be.
Originals LoadOriginals();

}  // namespace ignite::mutants
