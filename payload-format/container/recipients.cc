#include "payload-format/container/recipients.h"

#include <algorithm>

#include "base/str_cat.h"
#include "payload-format/crypto/aead.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/crypto/hpke.h"

namespace ignite::format {
namespace {

using Hint = std::array<std::byte, 8>;

struct Stanza {
  Hint hint{};
  HpkeMessage message;
};

/// Salted, so that nobody without the recipient's key can tell that two bundles go to the same
/// probe.
Hint MakeHint(const Header& header, const PublicKey& recipient) {
  ByteWriter input;
  input.Raw(AsBytes(kFormatLabel))
      .U8(0)
      .Raw(AsBytes("hint"))
      .U8(0)
      .Raw(header.salt)
      .Raw(recipient.bytes);
  Sha256Digest digest = Sha256(input.bytes());
  Hint hint;
  std::copy_n(digest.bytes.begin(), hint.size(), hint.begin());
  return hint;
}

Bytes WrapInfo() {
  return std::move(ByteWriter().Raw(AsBytes(kFormatLabel)).U8(0).Raw(AsBytes("file key"))).bytes();
}

Bytes WrapAad(const Header& header) {
  return std::move(ByteWriter().Raw(header.salt).Raw(header.content_id.bytes)).bytes();
}

Error Damaged(std::string_view what) {
  return {ErrorCode::kCorrupt, StrCat("the bundle's RECIPIENTS are damaged: ", what),
          "upload the bundle again"};
}

/// Stanzas of a kem that this program does not know belong to other probes and are passed over; the
/// MAC covers them.
Result<std::vector<Stanza>> ParseStanzas(ByteView stanzas) {
  std::vector<Stanza> parsed;
  ByteReader in(stanzas);
  while (in.remaining() > 0) {
    uint16_t kem = in.U16();
    ByteView body = in.Raw(in.U16());
    if (!in.ok()) return Damaged("a stanza is cut off");
    if (kem != kKemX25519) continue;
    if (body.size() != kRecipientBodySize) return Damaged("a stanza has the wrong size");
    ByteReader fields(body);
    Stanza stanza;
    stanza.hint = fields.Array<8>();
    stanza.message.encapsulated_key = fields.Array<32>();
    ByteView sealed = fields.Raw(kFileKeySize + kAeadTagSize);
    stanza.message.sealed.assign(sealed.begin(), sealed.end());
    parsed.push_back(std::move(stanza));
  }
  return parsed;
}

std::optional<FileKey> Unwrap(const Stanza& stanza, const Header& header,
                              const PrivateKey& identity) {
  auto unwrapped = HpkeOpen(identity, stanza.message, WrapInfo(), WrapAad(header));
  if (!unwrapped) return std::nullopt;
  FileKey key;
  // A stanza of the right size has room for no other.
  std::copy_n(unwrapped->begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

/// Of the first stanza that opens: which it is must not hang from the order of the identities.
std::optional<FileKey> FindFileKey(const std::vector<Stanza>& stanzas, const Header& header,
                                   std::span<const PrivateKey> identities) {
  std::vector<Hint> hints;
  for (const PrivateKey& identity : identities)
    hints.push_back(MakeHint(header, identity.public_key()));
  for (const Stanza& stanza : stanzas) {
    for (size_t i = 0; i < identities.size(); ++i) {
      if (stanza.hint != hints[i]) continue;
      if (auto key = Unwrap(stanza, header, identities[i])) return key;
    }
  }
  return std::nullopt;
}

Result<ByteView> StanzaBytes(ByteView member) {
  if (member.size() < kMacSize || member.size() > kMaxRecipientsSize) return Damaged("the size");
  return member.first(member.size() - kMacSize);
}

}  // namespace

Result<Bytes> WriteRecipients(const FileKey& file_key, const Header& header,
                              std::span<const PublicKey> recipients) {
  ByteWriter out;
  for (const PublicKey& recipient : recipients) {
    if (!PrivateKey::Generate(KeyType::kX25519).SharedSecret(recipient.bytes)) {
      return Error{ErrorCode::kInvalidArgument, "a recipient key is no sound X25519 key",
                   "make the identity anew with 'ignite-pack keygen --identity'"};
    }
    HpkeMessage message = HpkeSeal(recipient, WrapInfo(), WrapAad(header), file_key.bytes);
    out.U16(kKemX25519).U16(kRecipientBodySize).Raw(MakeHint(header, recipient));
    out.Raw(message.encapsulated_key).Raw(message.sealed);
  }
  out.Raw(HmacSha256(DeriveRecipientsMacKey(file_key, header), out.bytes()).bytes);
  if (out.bytes().size() > kMaxRecipientsSize) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat(recipients.size(), " recipients are too many for one bundle"),
                 "make one bundle for each group of probes"};
  }
  return std::move(out).bytes();
}

Result<FileKey> OpenRecipients(ByteView member, const Header& header,
                               std::span<const PrivateKey> identities) {
  ByteView stanza_bytes = TRY(StanzaBytes(member));
  std::vector<Stanza> stanzas = TRY(ParseStanzas(stanza_bytes));
  if (identities.empty()) {
    return Error{ErrorCode::kNotAddressed,
                 "the bundle is encrypted, and there is no identity to decrypt it with",
                 "put the key in place that was made with the public key of a recipient"};
  }
  std::optional<FileKey> key = FindFileKey(stanzas, header, identities);
  if (!key) {
    return Error{ErrorCode::kNotAddressed, "the bundle is not encrypted to this probe",
                 "build or rewrap it with the probe's public key as a recipient"};
  }
  Sha256Digest mac = HmacSha256(DeriveRecipientsMacKey(*key, header), stanza_bytes);
  if (!EqualInConstantTime(mac.bytes, member.subspan(stanza_bytes.size())))
    return Damaged("the MAC does not hold");
  if (!EqualInConstantTime(DeriveStreamKey(*key, header, 0).commitment, header.key_commitment)) {
    return Damaged("the file key is not the one that HEADER commits to");
  }
  return *key;
}

Result<size_t> CountRecipients(ByteView member) {
  ByteView stanza_bytes = TRY(StanzaBytes(member));
  TRY(ParseStanzas(stanza_bytes));
  size_t count = 0;
  for (ByteReader in(stanza_bytes); in.remaining() > 0; ++count) {
    (void)in.U16();
    (void)in.Raw(in.U16());
  }
  return count;
}

}  // namespace ignite::format
