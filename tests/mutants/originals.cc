#include "tests/mutants/originals.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tests/fakes/must.h"
#include "tests/fakes/vectors.h"

namespace ignite::mutants {
namespace {

using fakes::Must;
using format::KeyType;
using format::PrivateKey;

/// Of every shape: one and more recipients, signatures, payloads, streams and chunks; trees,
/// images, configurations and migrations; encrypted and plain.
constexpr std::array kNames = {
    "chunks-many",
    "chunks-full",
    "chunks-many-plain",
    "image",
    "image-and-tree",
    "config",
    "config-folder",
    "migrations",
    "migrations-verify",
    "payloads-two",
    "payloads-12",
    "payloads-none",
    "stream-empty",
    "tree-of-all-types",
    "tree-plain",
    "recipients-two",
    "recipients-unopened-before",
    "recipients-unknown-kems",
    "recipients-second-identity",
    "signatures-unknown-signer",
    "signatures-unknown-and-wrong",
    "signatures-in-another-order",
};

Original Load(const std::string& name) {
  Original original{
      name, fakes::UnpackedBundle(fakes::ReadVector(fakes::Kit() / "bundles" / name)), {}};
  original.members = fakes::MembersOf(original.bytes);
  return original;
}

format::Keyring LoadKeyring(const std::string& name) {
  return Must(format::Keyring::Parse(fakes::ReadText(fakes::Kit() / name)));
}

}  // namespace

const fakes::MemberPlace& Original::Member(std::string_view member) const {
  auto found = std::find_if(members.begin(), members.end(),
                            [&](const auto& place) { return place.name == member; });
  if (found == members.end()) throw std::runtime_error(name + " has no " + std::string(member));
  return *found;
}

Originals LoadOriginals() {
  auto keys = fakes::ReadVectors("keys.txt");
  auto key = [&](KeyType type, const char* name) {
    return PrivateKey::FromRaw(type, keys.at(std::string(name) + "-secret"));
  };
  Originals all{LoadKeyring("keyring.json"),
                LoadKeyring("keyring-without-qa.json"),
                {},
                {},
                key(KeyType::kEd25519, "stranger"),
                {},
                {},
                Load("kind-product")};
  for (const auto& [role, role_keys] : all.keyring.roles()) {
    for (const format::PublicKey& known : role_keys.keys) all.known_keys.insert(known.Id());
  }
  for (const char* name : {"release-1", "release-2", "qa"})
    all.signers.push_back(key(KeyType::kEd25519, name));
  for (const char* name : {"probe-1", "probe-2"})
    all.identities.push_back(key(KeyType::kX25519, name));
  for (const char* name : kNames) all.bundles.push_back(Load(name));
  return all;
}

}  // namespace ignite::mutants
