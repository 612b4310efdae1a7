// Who can sign: a private key that this program holds, or, in the packager, a program that asks a
// token.
#pragma once

#include "payload-format/crypto/key.h"

namespace ignite::format {

class Signer {
 public:
  virtual ~Signer() = default;
  /// Ed25519.
  virtual const PublicKey& public_key() const = 0;
  /// May ask a person, and need not be right: SignHeader checks what it gives.
  virtual Result<Signature> Sign(ByteView message) = 0;
};

class KeySigner : public Signer {
 public:
  explicit KeySigner(PrivateKey key) : key_(std::move(key)) {}
  const PublicKey& public_key() const override { return key_.public_key(); }
  Result<Signature> Sign(ByteView message) override { return key_.Sign(message); }

 private:
  PrivateKey key_;
};

}  // namespace ignite::format
