#include "payload-format/crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "payload-format/crypto/openssl.h"

namespace ignite::format {
namespace {

Bytes Hkdf(const char* digest, int mode, ByteView secret, ByteView salt, ByteView info,
           size_t length) {
  CHandle<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  CHandle<EVP_KDF_CTX, EVP_KDF_CTX_free> context(EVP_KDF_CTX_new(kdf.get()));
  // The OSSL_PARAM constructors take non-const pointers but only read.
  auto octets = [](const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(bytes.data()),
                                             bytes.size());
  };
  std::vector<OSSL_PARAM> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      octets(OSSL_KDF_PARAM_KEY, secret),
  };
  if (!salt.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_SALT, salt));
  if (!info.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_INFO, info));
  parameters.push_back(OSSL_PARAM_construct_end());
  Bytes derived(length);
  MustSucceed(EVP_KDF_derive(context.get(), Octets(derived), derived.size(), parameters.data()));
  return derived;
}

}  // namespace

void FreeDigestContext(evp_md_ctx_st* context) noexcept { EVP_MD_CTX_free(context); }

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
  MustSucceed(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256Hasher::Update(ByteView bytes) {
  MustSucceed(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

Sha256Digest Sha256Hasher::Finish() {
  Sha256Digest digest;
  MustSucceed(EVP_DigestFinal_ex(context_.get(), Octets(digest.bytes), nullptr));
  MustSucceed(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  return digest;
}

Sha256Digest Sha256(ByteView bytes) {
  Sha256Digest digest;
  MustSucceed(
      EVP_Digest(bytes.data(), bytes.size(), Octets(digest.bytes), nullptr, EVP_sha256(), nullptr));
  return digest;
}

Sha256Digest HmacSha256(ByteView key, ByteView message) {
  Sha256Digest mac;
  unsigned size = 0;
  MustSucceed(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Octets(message),
                   message.size(), Octets(mac.bytes), &size) != nullptr);
  return mac;
}

Bytes HkdfSha512(ByteView secret, ByteView salt, ByteView info, size_t length) {
  return Hkdf("SHA512", EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, secret, salt, info, length);
}

Bytes HkdfSha256Extract(ByteView salt, ByteView secret) {
  // RFC 5869: extract is HMAC with the salt as key, and an absent salt is zeros, which HMAC pads to
  // anyway.
  Sha256Digest key = HmacSha256(salt, secret);
  return {key.bytes.begin(), key.bytes.end()};
}

Bytes HkdfSha256Expand(ByteView key, ByteView info, size_t length) {
  return Hkdf("SHA256", EVP_KDF_HKDF_MODE_EXPAND_ONLY, key, {}, info, length);
}

bool EqualInConstantTime(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Bytes RandomBytes(size_t count) {
  Bytes bytes(count);
  MustSucceed(RAND_bytes(Octets(bytes), static_cast<int>(count)));
  return bytes;
}

}  // namespace ignite::format
