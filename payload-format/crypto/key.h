// The key pairs of the project: Ed25519 to sign, X25519 to receive. PEM on disk as the openssl
// program writes it (PKCS#8 for private halves, SubjectPublicKeyInfo for public ones); raw 32 bytes
// inside.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/result.h"

struct evp_pkey_st;

namespace ignite::format {

void FreeKey(evp_pkey_st* key) noexcept;
using KeyHandle = CHandle<evp_pkey_st, FreeKey>;

/// The first 8 bytes of the SHA-256 of the SubjectPublicKeyInfo: a hint to find a key, never a
/// proof.
using KeyId = std::array<std::byte, 8>;
using PublicKeyBytes = std::array<std::byte, 32>;
using Signature = std::array<std::byte, 64>;

enum class KeyType : uint8_t { kEd25519, kX25519 };

/// The public half of either type.
struct PublicKey {
  KeyType type = KeyType::kEd25519;
  PublicKeyBytes bytes{};

  auto operator<=>(const PublicKey&) const = default;
  KeyId Id() const;
  std::string Pem() const;
  /// kInvalidArgument where the text is no PEM public key of this type.
  static Result<PublicKey> FromPem(KeyType type, std::string_view pem);

  /// Ed25519 only.
  bool Verifies(ByteView message, const Signature& signature) const;
};

class PrivateKey {
 public:
  static PrivateKey Generate(KeyType type);
  static Result<PrivateKey> FromPem(KeyType type, std::string_view pem);
  /// For test vectors.
  static PrivateKey FromRaw(KeyType type, ByteView raw);

  std::string Pem() const;
  const PublicKey& public_key() const { return public_key_; }

  /// Ed25519 only.
  Signature Sign(ByteView message) const;
  /// X25519 only. nullopt where the other key has small order and the secret would be zero.
  std::optional<Bytes> SharedSecret(const PublicKeyBytes& other) const;

 private:
  PrivateKey(KeyHandle handle, PublicKey public_key)
      : handle_(std::move(handle)), public_key_(public_key) {}
  static PrivateKey Wrap(KeyHandle handle, KeyType type);

  KeyHandle handle_;
  PublicKey public_key_;
};

}  // namespace ignite::format
