// The keyring of a probe, and keys in PEM.

#include "payload-format/trust/keyring.h"

#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using format::Keyring;

void ReadKeyring(std::string_view text) {
  auto keyring = Keyring::Parse(text);
  PromiseGoodError(keyring);
  if (!keyring) return;
  std::string written = keyring->Serialize();
  auto again = Keyring::Parse(written);
  Promise(again && again->Serialize() == written, "a keyring is the same again");
  for (const auto& [role, role_keys] : keyring->roles()) {
    Promise(role_keys.threshold >= 1 &&
                static_cast<size_t>(role_keys.threshold) <= role_keys.keys.size(),
            "a threshold can be reached and asks for someone");
  }
  auto vouching = keyring->Verify(Bytes(format::kHeaderSize), {});
  Promise(!vouching && vouching.error().code == ErrorCode::kUntrusted,
          "nobody vouches without a signature");
  for (format::Kind kind : {format::Kind::kProduct, format::Kind::kServicePack,
                            format::Kind::kLicence, format::Kind::kOrder}) {
    Promise(!keyring->RequireRolesFor(kind, {}), "every kind needs a role");
  }
}

void ReadKeys(std::string_view text) {
  for (format::KeyType type : {format::KeyType::kEd25519, format::KeyType::kX25519}) {
    auto key = format::PublicKey::FromPem(type, text);
    PromiseGoodError(key);
    if (key) {
      auto again = format::PublicKey::FromPem(type, key->Pem());
      Promise(again && *again == *key, "a public key is the same again");
    }
    auto secret = format::PrivateKey::FromPem(type, text);
    PromiseGoodError(secret);
    if (secret) {
      auto again = format::PrivateKey::FromPem(type, secret->Pem());
      Promise(again && again->public_key() == secret->public_key(),
              "a private key is the same again");
    }
  }
}

const Target kKeyring{"keyring", [](ByteView input) {
                        std::string_view text = AsText(input);
                        // PEM is costly to refuse.
                        if (text.find("-----") == std::string_view::npos) {
                          ReadKeyring(text);
                        } else {
                          ReadKeys(text);
                        }
                      }};

}  // namespace
}  // namespace ignite::fuzz
