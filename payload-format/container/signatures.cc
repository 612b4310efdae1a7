#include "payload-format/container/signatures.h"

#include "base/str_cat.h"
#include "payload-format/container/header.h"

namespace ignite::format {

Result<SignatureEntry> SignHeader(Signer& signer, ByteView header) {
  const Bytes message = SignedMessage(header);
  const PublicKey& key = signer.public_key();
  SignatureEntry entry{key.Id(), TRY(signer.Sign(message))};
  if (key.Verifies(message, entry.signature)) return entry;
  return Error{ErrorCode::kIo,
               StrCat("the signature does not fit the public key ", ToHex(entry.key_id)),
               "give the public half of the very key that signs"};
}

Bytes WriteSignatures(const std::vector<SignatureEntry>& entries) {
  ByteWriter out;
  for (const SignatureEntry& entry : entries) out.Raw(entry.key_id).Raw(entry.signature);
  return std::move(out).bytes();
}

Result<std::vector<SignatureEntry>> ParseSignatures(ByteView member) {
  size_t count = member.size() / kSignatureEntrySize;
  if (member.size() % kSignatureEntrySize != 0 || count == 0 || count > kMaxSignatures) {
    return Error{ErrorCode::kCorrupt, "the bundle's SIGNATURES have a wrong size",
                 "upload the bundle again"};
  }
  std::vector<SignatureEntry> entries(count);
  ByteReader in(member);
  for (SignatureEntry& entry : entries) {
    entry.key_id = in.Array<8>();
    entry.signature = in.Array<64>();
  }
  return entries;
}

}  // namespace ignite::format
