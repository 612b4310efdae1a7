#include "tests/fuzz/reseal.h"

#include <algorithm>
#include <map>

#include "base/file_system.h"
#include "payload-format/chunk/chunk_codec.h"
#include "payload-format/container/index.h"
#include "payload-format/container/recipients.h"
#include "payload-format/container/signatures.h"
#include "payload-format/container/ustar.h"
#include "payload-format/crypto/aead.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/manifest/manifest.h"
#include "tests/fakes/vectors.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using format::Header;
using format::Manifest;
using format::PrivateKey;

std::vector<PrivateKey> KeysOf(format::KeyType type, const std::vector<std::string>& names) {
  auto raw = fakes::ReadVectors("keys.txt");
  std::vector<PrivateKey> keys;
  for (const std::string& name : names)
    keys.push_back(PrivateKey::FromRaw(type, raw.at(name + "-secret")));
  return keys;
}

format::Keyring KeyringOfVectors() {
  std::string path = std::string(IGNITE_SOURCE_DIR) + "/tests/vectors/keyring.json";
  auto text = MakePosixFileSystem()->ReadFile(path, 1 << 20);
  return Promised(format::Keyring::Parse(Promised(std::move(text), "there is a keyring")),
                  "it can be read");
}

/// The members by their names, PAYLOAD members joined, as far as the bytes go.
std::map<std::string, Bytes> Unpack(ByteView input) {
  std::map<std::string, Bytes> members;
  ByteReader in(input);
  while (in.remaining() > 0) {
    ByteView block = in.Raw(std::min(in.remaining(), format::kTarBlock));
    std::string_view name = AsText(block).substr(0, 100);
    name = name.substr(0, name.find('\0'));
    size_t size = 0;
    for (std::byte digit :
         block.subspan(std::min<size_t>(block.size(), 124)).first(block.size() > 135 ? 11 : 0))
      size = (size * 8 + std::to_integer<size_t>(digit) % 8) & 0xffffff;
    ByteView content = in.Raw(std::min(in.remaining(), size));
    (void)in.Raw(std::min<size_t>(in.remaining(), format::TarPadding(size)));
    Bytes& member = members[std::string(name.starts_with("PAYLOAD.") ? "PAYLOAD" : name)];
    member.insert(member.end(), content.begin(), content.end());
  }
  return members;
}

/// One chunk on its way into the new bundle.
struct Chunk {
  uint32_t stream = 0;
  uint64_t number = 0;
  bool last = false;
  size_t plain_size = 0;
  Bytes frame;
};

/// The run of stored bytes, cut by the sizes that INDEX gives.
std::vector<Chunk> Cut(ByteView index, ByteView payload) {
  std::vector<Chunk> chunks;
  ByteReader run(payload);
  for (ByteReader in(index); in.remaining() >= format::kIndexEntrySize;) {
    (void)in.Raw(32);
    ByteView frame = run.Raw(std::min<size_t>(in.U32(), run.remaining()));
    chunks.push_back({.frame = Bytes(frame.begin(), frame.end())});
  }
  return chunks;
}

/// Says of each chunk where it stands, and gives each stream the digest of what its chunks hold.
void Number(Manifest& manifest, std::vector<Chunk>& chunks, const Header& header) {
  auto chunk = chunks.begin();
  uint32_t stream_number = 0;
  for (auto& payload : manifest.payloads) {
    for (auto& stream : payload.streams) {
      const format::ChunkCodec plain_codec(header, std::nullopt, ++stream_number);
      uint64_t count = stream.ChunkCount(header.chunk_size);
      format::Sha256Hasher digests;
      for (uint64_t i = 0; i < count && chunk != chunks.end(); ++i, ++chunk) {
        chunk->stream = stream_number;
        chunk->number = i;
        chunk->last = i + 1 == count;
        chunk->plain_size = static_cast<size_t>(
            std::min<uint64_t>(stream.size - i * header.chunk_size, header.chunk_size));
        auto plain = plain_codec.Decode(chunk->frame, i, chunk->last, chunk->plain_size);
        if (plain) digests.Update(format::Sha256(*plain).bytes);
      }
      stream.digest = digests.Finish();
    }
  }
}

Bytes Seal(const Chunk& chunk, const format::StreamKey& key) {
  Bytes nonce = key.base_nonce;
  for (size_t i = 0; i < 8; ++i)
    nonce[nonce.size() - 1 - i] ^= static_cast<std::byte>(chunk.number >> (8 * i));
  Bytes aad = ByteWriter().U32(chunk.stream).U64(chunk.number).U8(chunk.last ? 1 : 0).bytes();
  return format::AeadSeal(key.key, nonce, aad, chunk.frame);
}

void AddMember(ByteWriter& out, std::string_view name, ByteView content) {
  out.Raw(format::MakeTarBlock(name, content.size())).Raw(content);
  out.Zeros(static_cast<size_t>(format::TarPadding(content.size())));
}

Bytes Assemble(Header header, Bytes manifest, const std::vector<Chunk>& chunks) {
  format::FileKey file_key;
  file_key.bytes.fill(std::byte{7});
  header.content_id = format::Sha256(manifest);
  Bytes recipients;
  if (header.encrypted()) {
    Bytes commitment = format::DeriveStreamKey(file_key, header, 0).commitment;
    std::copy(commitment.begin(), commitment.end(), header.key_commitment.begin());
    format::PublicKey recipient = KeysOfVectors().identities[0].public_key();
    recipients = Promised(format::WriteRecipients(file_key, header, std::span(&recipient, 1)),
                          "RECIPIENTS can be written");
    manifest = format::SealManifest(manifest, format::DeriveStreamKey(file_key, header, 0));
  }
  header.manifest_size = static_cast<uint32_t>(manifest.size());
  header.manifest_digest = format::Sha256(manifest);
  format::Index index;
  Bytes payload;
  for (const Chunk& chunk : chunks) {
    Bytes stored = chunk.frame;
    if (header.encrypted())
      stored = Seal(chunk, format::DeriveStreamKey(file_key, header, chunk.stream));
    index.push_back({format::Sha256(stored), static_cast<uint32_t>(stored.size())});
    payload.insert(payload.end(), stored.begin(), stored.end());
  }
  header.chunk_count = chunks.size();
  header.payload_size = payload.size();
  Bytes index_bytes = format::WriteIndex(index);
  header.index_digest = format::Sha256(index_bytes);

  Bytes header_bytes = header.Serialize();
  std::vector<format::SignatureEntry> signatures;
  for (const PrivateKey& key : KeysOfVectors().signers)
    signatures.push_back({key.public_key().Id(), key.Sign(format::SignedMessage(header_bytes))});
  ByteWriter out;
  AddMember(out, format::kHeaderName, header_bytes);
  AddMember(out, format::kSignaturesName, format::WriteSignatures(signatures));
  if (header.encrypted()) AddMember(out, format::kRecipientsName, recipients);
  AddMember(out, format::kManifestName, manifest);
  AddMember(out, format::kIndexName, index_bytes);
  if (!payload.empty()) AddMember(out, format::PayloadMemberName(0), payload);
  return out.Zeros(format::kTarEnd).bytes();
}

}  // namespace

BundleKeys::BundleKeys()
    : signers(KeysOf(format::KeyType::kEd25519,
                     {"release-1", "release-2", "qa", "licence", "engineer"})),
      identities(KeysOf(format::KeyType::kX25519, {"probe-1", "probe-2"})),
      keyring(KeyringOfVectors()) {}

const BundleKeys& KeysOfVectors() {
  static const BundleKeys keys;
  return keys;
}

std::optional<Bytes> Reseal(ByteView input) {
  auto members = Unpack(input);
  auto header_bytes = members.find(std::string(format::kHeaderName));
  auto manifest_bytes = members.find(std::string(format::kManifestName));
  if (header_bytes == members.end() || manifest_bytes == members.end()) return std::nullopt;
  ByteReader in(header_bytes->second);
  (void)in.Raw(std::min<size_t>(in.remaining(), 10));
  Header header;
  header.suite = static_cast<format::Suite>(in.U16() % 2);
  header.chunk_size = format::kMinChunkSize << in.U32() % 9;

  std::vector<Chunk> chunks = Cut(members[std::string(format::kIndexName)], members["PAYLOAD"]);
  Bytes text = manifest_bytes->second;
  if (auto manifest = Manifest::Parse(AsText(text), header.chunk_size, chunks.size())) {
    Number(*manifest, chunks, header);
    std::string written = manifest->Serialize();
    text.assign(AsBytes(written).begin(), AsBytes(written).end());
  }
  if (text.empty()) return std::nullopt;
  return Assemble(header, std::move(text), chunks);
}

}  // namespace ignite::fuzz
