#include "payload-format/crypto/aead.h"

#include <openssl/evp.h>

#include "base/c_handle.h"
#include "payload-format/crypto/openssl.h"

namespace ignite::format {
namespace {

using CipherContext = CHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

const EVP_CIPHER* CipherFor(ByteView key) {
  MustSucceed(key.size() == 16 || key.size() == 32);
  return key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
}

}  // namespace

Bytes AeadSeal(ByteView key, ByteView nonce, ByteView aad, ByteView plain) {
  MustSucceed(nonce.size() == kAeadNonceSize);
  CipherContext context(EVP_CIPHER_CTX_new());
  Bytes sealed(plain.size() + kAeadTagSize);
  int size = 0;
  MustSucceed(
      EVP_EncryptInit_ex(context.get(), CipherFor(key), nullptr, Octets(key), Octets(nonce)));
  MustSucceed(
      EVP_EncryptUpdate(context.get(), nullptr, &size, Octets(aad), static_cast<int>(aad.size())));
  MustSucceed(EVP_EncryptUpdate(context.get(), Octets(sealed), &size, Octets(plain),
                                static_cast<int>(plain.size())));
  MustSucceed(EVP_EncryptFinal_ex(context.get(), Octets(sealed) + size, &size));
  MustSucceed(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG,
                                  static_cast<int>(kAeadTagSize), sealed.data() + plain.size()));
  return sealed;
}

std::optional<Bytes> AeadOpen(ByteView key, ByteView nonce, ByteView aad, ByteView sealed) {
  MustSucceed(nonce.size() == kAeadNonceSize);
  if (sealed.size() < kAeadTagSize) return std::nullopt;
  ByteView cipher = sealed.first(sealed.size() - kAeadTagSize);
  Bytes tag(sealed.end() - kAeadTagSize, sealed.end());
  CipherContext context(EVP_CIPHER_CTX_new());
  Bytes plain(cipher.size());
  int size = 0;
  MustSucceed(
      EVP_DecryptInit_ex(context.get(), CipherFor(key), nullptr, Octets(key), Octets(nonce)));
  MustSucceed(
      EVP_DecryptUpdate(context.get(), nullptr, &size, Octets(aad), static_cast<int>(aad.size())));
  MustSucceed(EVP_DecryptUpdate(context.get(), Octets(plain), &size, Octets(cipher),
                                static_cast<int>(cipher.size())));
  MustSucceed(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                  static_cast<int>(kAeadTagSize), tag.data()));
  if (EVP_DecryptFinal_ex(context.get(), Octets(plain) + size, &size) != 1) return std::nullopt;
  return plain;
}

}  // namespace ignite::format
