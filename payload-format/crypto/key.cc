#include "payload-format/crypto/key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>

#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/crypto/openssl.h"

namespace ignite::format {
namespace {

using Memory = CHandle<BIO, BIO_free>;
using VerifyContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using DeriveContext = CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

int OpensslType(KeyType type) {
  return type == KeyType::kEd25519 ? EVP_PKEY_ED25519 : EVP_PKEY_X25519;
}
std::string_view NameOf(KeyType type) { return type == KeyType::kEd25519 ? "Ed25519" : "X25519"; }

KeyHandle PublicHandle(const PublicKey& key) {
  KeyHandle handle(EVP_PKEY_new_raw_public_key(OpensslType(key.type), nullptr, Octets(key.bytes),
                                               key.bytes.size()));
  MustSucceed(handle != nullptr);
  return handle;
}

/// RFC 8410: a SubjectPublicKeyInfo is this, and then the bytes of the key.
std::string_view SubjectPublicKeyInfoPrefix(KeyType type) {
  using namespace std::string_view_literals;
  return type == KeyType::kEd25519 ? "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"sv
                                   : "\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00"sv;
}

PublicKey PublicHalf(EVP_PKEY* handle, KeyType type) {
  PublicKey key{type, {}};
  size_t size = key.bytes.size();
  MustSucceed(EVP_PKEY_get_raw_public_key(handle, Octets(key.bytes), &size));
  return key;
}

Memory ReadOnly(std::string_view text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string Content(BIO* memory) {
  char* data = nullptr;
  long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

Error WrongKey(std::string_view half, KeyType type) {
  return {ErrorCode::kInvalidArgument,
          StrCat("this is no ", half, " ", NameOf(type), " key in PEM"),
          type == KeyType::kEd25519 ? "give a key made by 'ignite-pack keygen --role ROLE'"
                                    : "give a key made by 'ignite-pack keygen --identity'"};
}

/// OpenSSL would ask on the terminal for the password of an encrypted key.
int NoPassword(char*, int, int, void*) noexcept { return -1; }

}  // namespace

void FreeKey(evp_pkey_st* key) noexcept { EVP_PKEY_free(key); }

KeyId PublicKey::Id() const {
  Sha256Hasher hasher;
  hasher.Update(AsBytes(SubjectPublicKeyInfoPrefix(type)));
  hasher.Update(bytes);
  Sha256Digest digest = hasher.Finish();
  KeyId id;
  std::copy_n(digest.bytes.begin(), id.size(), id.begin());
  return id;
}

std::string PublicKey::Pem() const {
  Memory memory(BIO_new(BIO_s_mem()));
  MustSucceed(PEM_write_bio_PUBKEY(memory.get(), PublicHandle(*this).get()));
  return Content(memory.get());
}

Result<PublicKey> PublicKey::FromPem(KeyType type, std::string_view pem) {
  KeyHandle handle(PEM_read_bio_PUBKEY(ReadOnly(pem).get(), nullptr, NoPassword, nullptr));
  if (handle == nullptr || EVP_PKEY_get_id(handle.get()) != OpensslType(type))
    return WrongKey("public", type);
  return PublicHalf(handle.get(), type);
}

bool PublicKey::Verifies(ByteView message, const Signature& signature) const {
  KeyHandle handle = PublicHandle(*this);
  VerifyContext context(EVP_MD_CTX_new());
  MustSucceed(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()));
  return EVP_DigestVerify(context.get(), Octets(signature), signature.size(), Octets(message),
                          message.size()) == 1;
}

PrivateKey PrivateKey::Wrap(KeyHandle handle, KeyType type) {
  PublicKey public_key = PublicHalf(handle.get(), type);
  return {std::move(handle), public_key};
}

PrivateKey PrivateKey::Generate(KeyType type) {
  KeyHandle handle(EVP_PKEY_Q_keygen(nullptr, nullptr, NameOf(type).data()));
  MustSucceed(handle != nullptr);
  return Wrap(std::move(handle), type);
}

PrivateKey PrivateKey::FromRaw(KeyType type, ByteView raw) {
  KeyHandle handle(
      EVP_PKEY_new_raw_private_key(OpensslType(type), nullptr, Octets(raw), raw.size()));
  MustSucceed(handle != nullptr);
  return Wrap(std::move(handle), type);
}

Result<PrivateKey> PrivateKey::FromPem(KeyType type, std::string_view pem) {
  KeyHandle handle(PEM_read_bio_PrivateKey(ReadOnly(pem).get(), nullptr, NoPassword, nullptr));
  if (handle == nullptr || EVP_PKEY_get_id(handle.get()) != OpensslType(type))
    return WrongKey("private", type);
  return Wrap(std::move(handle), type);
}

std::string PrivateKey::Pem() const {
  Memory memory(BIO_new(BIO_s_mem()));
  MustSucceed(PEM_write_bio_PKCS8PrivateKey(memory.get(), handle_.get(), nullptr, nullptr, 0,
                                            nullptr, nullptr));
  return Content(memory.get());
}

Signature PrivateKey::Sign(ByteView message) const {
  Signature signature{};
  size_t size = signature.size();
  VerifyContext context(EVP_MD_CTX_new());
  MustSucceed(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_.get()));
  MustSucceed(
      EVP_DigestSign(context.get(), Octets(signature), &size, Octets(message), message.size()));
  return signature;
}

std::optional<Bytes> PrivateKey::SharedSecret(const PublicKeyBytes& other) const {
  KeyHandle peer = PublicHandle({KeyType::kX25519, other});
  DeriveContext context(EVP_PKEY_CTX_new(handle_.get(), nullptr));
  Bytes secret(32);
  size_t size = secret.size();
  MustSucceed(EVP_PKEY_derive_init(context.get()));
  // OpenSSL itself refuses an all-zero secret.
  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1) return std::nullopt;
  if (EVP_PKEY_derive(context.get(), Octets(secret), &size) != 1 || size != secret.size())
    return std::nullopt;
  return secret;
}

}  // namespace ignite::format
