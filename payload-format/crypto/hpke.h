// Hybrid public-key encryption, RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// AES-GCM, one message.
//
// Written over EVP because OpenSSL 3.0 has no HPKE; to be replaced by OSSL_HPKE when Debian ships
// it. The RFC's vectors run in tests/unit/hpke_test.cc.
#pragma once

#include "payload-format/crypto/key.h"

namespace ignite::format {

/// AEAD ids of RFC 9180 section 7.3. Bundles use AES-256-GCM; the appendix of the RFC has vectors
/// for AES-128-GCM.
enum class HpkeAead : uint16_t { kAes128Gcm = 1, kAes256Gcm = 2 };

struct HpkeMessage {
  PublicKeyBytes encapsulated_key{};
  Bytes sealed;
};

HpkeMessage HpkeSeal(const PublicKey& recipient, ByteView info, ByteView aad, ByteView plain);

/// nullopt where the message was not made for this identity, or with another info or aad.
std::optional<Bytes> HpkeOpen(const PrivateKey& identity, const HpkeMessage& message, ByteView info,
                              ByteView aad, HpkeAead aead = HpkeAead::kAes256Gcm);

/// HpkeSeal with a given ephemeral key, for test vectors: a reused ephemeral key breaks the
/// encryption.
HpkeMessage HpkeSealWith(const PrivateKey& ephemeral, const PublicKey& recipient, ByteView info,
                         ByteView aad, ByteView plain, HpkeAead aead);

}  // namespace ignite::format
