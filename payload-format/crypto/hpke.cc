#include "payload-format/crypto/hpke.h"

#include <algorithm>

#include "payload-format/crypto/aead.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/crypto/openssl.h"

namespace ignite::format {
namespace {

constexpr uint16_t kKemX25519 = 0x0020;
constexpr uint16_t kKdfHkdfSha256 = 0x0001;
constexpr std::byte kModeBase{0};

Bytes BigEndian16(uint16_t value) {
  return {static_cast<std::byte>(value >> 8), static_cast<std::byte>(value)};
}

Bytes Join(std::initializer_list<ByteView> parts) {
  ByteWriter joined;
  for (ByteView part : parts) joined.Raw(part);
  return std::move(joined).bytes();
}

/// The labelled HKDF of RFC 9180 section 4, bound to one suite.
struct LabeledKdf {
  Bytes suite_id;

  Bytes Extract(ByteView salt, std::string_view label, ByteView secret) const {
    return HkdfSha256Extract(salt, Join({AsBytes("HPKE-v1"), suite_id, AsBytes(label), secret}));
  }
  Bytes Expand(ByteView key, std::string_view label, ByteView info, uint16_t length) const {
    return HkdfSha256Expand(
        key, Join({BigEndian16(length), AsBytes("HPKE-v1"), suite_id, AsBytes(label), info}),
        length);
  }
};

/// Section 4.1, ExtractAndExpand over the Diffie-Hellman value.
Bytes KemSecret(ByteView dh, const PublicKeyBytes& encapsulated, const PublicKeyBytes& recipient) {
  LabeledKdf kdf{Join({AsBytes("KEM"), BigEndian16(kKemX25519)})};
  return kdf.Expand(kdf.Extract({}, "eae_prk", dh), "shared_secret",
                    Join({encapsulated, recipient}), 32);
}

struct Context {
  Bytes key;
  Bytes base_nonce;  ///< Also the nonce of message 0, the only one.
};

/// Section 5.1, KeySchedule in base mode.
Context Schedule(ByteView shared_secret, ByteView info, HpkeAead aead) {
  LabeledKdf kdf{Join({AsBytes("HPKE"), BigEndian16(kKemX25519), BigEndian16(kKdfHkdfSha256),
                       BigEndian16(static_cast<uint16_t>(aead))})};
  Bytes context = Join({ByteView(&kModeBase, 1), kdf.Extract({}, "psk_id_hash", {}),
                        kdf.Extract({}, "info_hash", info)});
  Bytes secret = kdf.Extract(shared_secret, "secret", {});
  uint16_t key_size = aead == HpkeAead::kAes128Gcm ? 16 : 32;
  return {kdf.Expand(secret, "key", context, key_size),
          kdf.Expand(secret, "base_nonce", context, kAeadNonceSize)};
}

}  // namespace

HpkeMessage HpkeSealWith(const PrivateKey& ephemeral, const PublicKey& recipient, ByteView info,
                         ByteView aad, ByteView plain, HpkeAead aead) {
  HpkeMessage message;
  message.encapsulated_key = ephemeral.public_key().bytes;
  auto dh = ephemeral.SharedSecret(recipient.bytes);
  // Recipients are checked when they are read; a fresh ephemeral key cannot give zero with a sound
  // one.
  MustSucceed(dh.has_value());
  Context context = Schedule(KemSecret(*dh, message.encapsulated_key, recipient.bytes), info, aead);
  message.sealed = AeadSeal(context.key, context.base_nonce, aad, plain);
  return message;
}

HpkeMessage HpkeSeal(const PublicKey& recipient, ByteView info, ByteView aad, ByteView plain) {
  return HpkeSealWith(PrivateKey::Generate(KeyType::kX25519), recipient, info, aad, plain,
                      HpkeAead::kAes256Gcm);
}

std::optional<Bytes> HpkeOpen(const PrivateKey& identity, const HpkeMessage& message, ByteView info,
                              ByteView aad, HpkeAead aead) {
  auto dh = identity.SharedSecret(message.encapsulated_key);
  if (!dh) return std::nullopt;
  Context context =
      Schedule(KemSecret(*dh, message.encapsulated_key, identity.public_key().bytes), info, aead);
  return AeadOpen(context.key, context.base_nonce, aad, message.sealed);
}

}  // namespace ignite::format
