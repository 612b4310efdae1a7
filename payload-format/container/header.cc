#include "payload-format/container/header.h"

#include <bit>

#include "base/str_cat.h"

namespace ignite::format {
namespace {

Error Damaged(std::string_view what) {
  return {ErrorCode::kCorrupt, StrCat("the bundle's HEADER is damaged: ", what),
          "upload the bundle again"};
}

}  // namespace

Bytes Header::Serialize() const {
  ByteWriter out;
  out.Raw(std::as_bytes(std::span(kMagic)));
  out.U16(kFormatVersion).U16(static_cast<uint16_t>(suite)).U32(chunk_size).U64(chunk_count);
  out.U32(manifest_size).U32(static_cast<uint32_t>(index_size())).U64(payload_size);
  out.Raw(content_id.bytes)
      .Raw(manifest_digest.bytes)
      .Raw(index_digest.bytes)
      .Raw(salt)
      .Raw(key_commitment);
  return std::move(out.Zeros(kHeaderSize - out.bytes().size())).bytes();
}

Result<Header> Header::Parse(ByteView bytes) {
  ByteReader in(bytes);
  auto magic = in.Array<kMagic.size()>();
  if (bytes.size() != kHeaderSize || ToHex(magic) != ToHex(std::as_bytes(std::span(kMagic)))) {
    return Error{ErrorCode::kCorrupt, "this file is no ignite bundle",
                 "upload a file made by ignite-pack"};
  }
  if (uint16_t version = in.U16(); version != kFormatVersion) {
    return Error{
        ErrorCode::kUnsupported,
        StrCat("the bundle has format version ", version, ", this program reads ", kFormatVersion),
        "update ignite on this machine, or build the bundle with a matching ignite-pack"};
  }
  Header header;
  uint16_t suite = in.U16();
  if (suite > static_cast<uint16_t>(Suite::kX25519Aes256Gcm)) {
    return Error{ErrorCode::kUnsupported,
                 StrCat("the bundle uses cipher suite ", suite, ", which is unknown here"),
                 "update ignite on this machine"};
  }
  header.suite = static_cast<Suite>(suite);
  header.chunk_size = in.U32();
  header.chunk_count = in.U64();
  header.manifest_size = in.U32();
  uint32_t index_size = in.U32();
  header.payload_size = in.U64();
  header.content_id.bytes = in.Array<32>();
  header.manifest_digest.bytes = in.Array<32>();
  header.index_digest.bytes = in.Array<32>();
  header.salt = in.Array<32>();
  header.key_commitment = in.Array<32>();
  if (!IsAllZero(in.Raw(in.remaining()))) return Damaged("reserved bytes are not zero");

  if (!std::has_single_bit(header.chunk_size) || header.chunk_size < kMinChunkSize ||
      header.chunk_size > kMaxChunkSize) {
    return Damaged("the chunk size is out of its limits");
  }
  if (header.chunk_count > kMaxChunks) return Damaged("too many chunks");
  if (header.manifest_size == 0 || header.manifest_size > kMaxManifestSize)
    return Damaged("the manifest's size");
  if (index_size != header.index_size()) return Damaged("the index's size");
  if (header.payload_size > header.chunk_count * (header.chunk_size + kMaxChunkOverhead)) {
    return Damaged("more stored bytes than its chunks can have");
  }
  if (!header.encrypted() && !IsAllZero(header.key_commitment))
    return Damaged("a key commitment without encryption");
  return header;
}

Bytes SignedMessage(ByteView header) {
  ByteWriter message;
  message.Raw(AsBytes(
      StrCat("DSSEv1 ", kSignatureType.size(), " ", kSignatureType, " ", header.size(), " ")));
  return std::move(message.Raw(header)).bytes();
}

}  // namespace ignite::format
