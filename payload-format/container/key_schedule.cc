#include "payload-format/container/key_schedule.h"

#include <algorithm>

#include "payload-format/crypto/aead.h"
#include "payload-format/crypto/hash.h"

namespace ignite::format {
namespace {

constexpr size_t kKeySize = 32;
constexpr size_t kCommitmentSize = 32;

Bytes Derive(const FileKey& file_key, const Header& header, std::string_view purpose,
             uint32_t stream, size_t size) {
  ByteWriter info;
  info.Raw(AsBytes(kFormatLabel)).U8(0).Raw(AsBytes(purpose)).U8(0);
  info.U16(static_cast<uint16_t>(header.suite)).Raw(header.content_id.bytes).U32(stream);
  return HkdfSha512(file_key.bytes, header.salt, info.bytes(), size);
}

}  // namespace

FileKey FileKey::Random() {
  FileKey key;
  Bytes random = RandomBytes(key.bytes.size());
  std::copy(random.begin(), random.end(), key.bytes.begin());
  return key;
}

StreamKey DeriveStreamKey(const FileKey& file_key, const Header& header, uint32_t stream) {
  Bytes derived =
      Derive(file_key, header, "stream", stream, kKeySize + kAeadNonceSize + kCommitmentSize);
  auto nonce = derived.begin() + kKeySize;
  auto commitment = nonce + kAeadNonceSize;
  return {Bytes(derived.begin(), nonce), Bytes(nonce, commitment),
          Bytes(commitment, derived.end())};
}

Bytes DeriveRecipientsMacKey(const FileKey& file_key, const Header& header) {
  return Derive(file_key, header, "recipients", 0, kMacSize);
}

}  // namespace ignite::format
