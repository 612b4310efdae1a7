// Holds payload-format/SPEC.md: its worked example is recomputed from its inputs and must stand in
// the text as it comes out here, and its table of limits must name every constant with its value. A
// failing test prints what belongs there.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/json.h"
#include "base/str_cat.h"
#include "payload-format/container/index.h"
#include "payload-format/container/recipients.h"
#include "payload-format/crypto/aead.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/crypto/hpke.h"
#include "payload-format/licence/licence_spec.h"
#include "payload-format/steps/step.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::format {
namespace {

using fakes::Must;

const std::string& SpecText() {
  static const std::string text = [] {
    std::ifstream file(std::string(IGNITE_SOURCE_DIR) + "/payload-format/SPEC.md");
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }();
  return text;
}

void ExpectInSpec(const std::string& text) {
  EXPECT_NE(SpecText().find(text), std::string::npos) << "SPEC.md lacks this:\n" << text;
}

/// Lines of "OFFSET  up to 16 bytes  what they are", as hexdump and a person would write them.
class AnnotatedDump {
 public:
  AnnotatedDump& Field(std::string_view what, ByteView bytes) {
    do {
      ByteView line = bytes.first(std::min<size_t>(bytes.size(), 16));
      bytes = bytes.subspan(line.size());
      char row[128];
      (void)snprintf(row, sizeof row, "%04zx  %-32s  %s", offset_, ToHex(line).c_str(),
                     std::string(what).c_str());
      std::string text = row;
      text.erase(text.find_last_not_of(' ') + 1);
      text_ += text + "\n";
      offset_ += line.size();
      what = {};
    } while (!bytes.empty());
    return *this;
  }
  const std::string& text() const { return text_; }
  size_t size() const { return offset_; }

 private:
  std::string text_;
  size_t offset_ = 0;
};

/// Cuts fields off the front of bytes into a dump.
class FieldCutter {
 public:
  explicit FieldCutter(ByteView bytes) : in_(bytes) {}
  FieldCutter& Cut(size_t size, std::string_view what) {
    dump_.Field(what, in_.Raw(size));
    return *this;
  }
  std::string Finish() {
    EXPECT_TRUE(in_.ok());
    EXPECT_EQ(in_.remaining(), 0u) << "fields were forgotten";
    return "```text\n" + dump_.text() + "```\n";
  }

 private:
  ByteReader in_;
  AnnotatedDump dump_;
};

Bytes Octets(int first, int count) {
  ByteWriter out;
  for (int i = 0; i < count; ++i) out.U8(static_cast<uint8_t>(first + i));
  return std::move(out).bytes();
}

/// A zstd frame of one raw block, so that the example does not hang from a version of the library.
Bytes RawFrame(ByteView plain) {
  uint32_t block = static_cast<uint32_t>(plain.size() << 3 | 1);
  ByteWriter out;
  out.U32(0xfd2fb528).U8(0x20).U8(static_cast<uint8_t>(plain.size()));
  out.U8(static_cast<uint8_t>(block)).U8(static_cast<uint8_t>(block >> 8)).U8(0).Raw(plain);
  return std::move(out).bytes();
}

/// The bundle of the example, with everything on the way to it.
struct Example {
  PrivateKey signing_key = PrivateKey::FromRaw(KeyType::kEd25519, Octets(0x00, 32));
  PrivateKey identity = PrivateKey::FromRaw(KeyType::kX25519, Octets(0x20, 32));
  PrivateKey ephemeral = PrivateKey::FromRaw(KeyType::kX25519, Octets(0x40, 32));
  FileKey file_key;
  Header header;
  Bytes table;
  Bytes content = Bytes(AsBytes("hello\n").begin(), AsBytes("hello\n").end());
  std::string manifest_json;
  Bytes manifest;
  std::vector<Bytes> frames;
  std::vector<Bytes> chunks;
  Bytes index;
  Bytes recipients;
  Bytes signatures;
  Bytes file;

  Example() {
    Bytes key = Octets(0x60, 32);
    std::copy(key.begin(), key.end(), file_key.bytes.begin());
    MakeTable();
    MakeManifest();
    MakeHeader();
    MakeChunks();
    MakeRecipients();
    header.manifest_digest = Sha256(manifest);
    header.index_digest = Sha256(index);
    signatures =
        WriteSignatures({Must(SignHeader(*fakes::SignerOf(signing_key), header.Serialize()))});
    Assemble();
  }

  StreamKey Key(uint32_t stream) const { return DeriveStreamKey(file_key, header, stream); }

 private:
  void MakeTable() {
    TreeEntry entry;
    entry.type = EntryType::kDirectory;
    entry.mode = 0755;
    entry.mtime = {1'700'000'000, 0};
    entry.owner = entry.group = "root";
    TableWriter writer;
    writer.Add(entry);
    entry.type = EntryType::kFile;
    entry.mode = 0644;
    entry.size = content.size();
    entry.digest = Sha256(content);
    entry.path = "hello";
    writer.Add(entry);
    table = std::move(writer).Finish();
  }

  void MakeManifest() {
    TreeSpec spec;
    spec.path = "/opt/greeting";
    spec.owners = spec.groups = {"root"};
    spec.entries = 2;
    spec.bytes = 8192;
    PayloadInfo payload{
        "greeting", std::string(TreeSpec::kType), "app/greeting", "1.0", spec.ToJson(), {}};
    for (const Bytes* stream : {&table, &content}) {
      payload.streams.push_back({stream->size(), Sha256(Sha256(*stream).bytes)});
    }
    Manifest description;
    description.kind = Kind::kServicePack;
    description.product = "netprobe";
    description.version = "1.0";
    description.counter = 1;
    description.epoch = 1;
    description.compatible = "netprobe-x86_64";
    description.payloads.push_back(std::move(payload));
    manifest_json = description.Serialize();
  }

  void MakeHeader() {
    header.chunk_size = kMinChunkSize;
    header.chunk_count = 2;
    header.content_id = Sha256(AsBytes(manifest_json));
    Bytes salt = Octets(0x80, 32);
    std::copy(salt.begin(), salt.end(), header.salt.begin());
    Bytes commitment = Key(0).commitment;
    std::copy(commitment.begin(), commitment.end(), header.key_commitment.begin());
    header.manifest_size = static_cast<uint32_t>(manifest_json.size() + kAeadTagSize);
  }

  /// SPEC section 9 in other words than chunk_codec.cc: both streams have one chunk, number 0, the
  /// last.
  void MakeChunks() {
    auto seal = [&](uint32_t stream, ByteView plain) {
      Bytes aad = std::move(ByteWriter().U32(stream).U64(0).U8(1)).bytes();
      return AeadSeal(Key(stream).key, Key(stream).base_nonce, aad, plain);
    };
    manifest = seal(0, AsBytes(manifest_json));
    Index entries;
    for (const Bytes* plain : {&table, &content}) {
      frames.push_back(RawFrame(*plain));
      chunks.push_back(seal(static_cast<uint32_t>(frames.size()), frames.back()));
      entries.push_back({Sha256(chunks.back()), static_cast<uint32_t>(chunks.back().size())});
      header.payload_size += chunks.back().size();
    }
    index = WriteIndex(entries);
  }

  /// SPEC section 7 in other words than recipients.cc.
  void MakeRecipients() {
    Bytes info =
        std::move(ByteWriter().Raw(AsBytes("ignite/v0")).U8(0).Raw(AsBytes("file key"))).bytes();
    Bytes aad = std::move(ByteWriter().Raw(header.salt).Raw(header.content_id.bytes)).bytes();
    HpkeMessage message = HpkeSealWith(ephemeral, identity.public_key(), info, aad, file_key.bytes,
                                       HpkeAead::kAes256Gcm);
    ByteWriter out;
    out.U16(1)
        .U16(88)
        .Raw(ByteView(Hint()).first(8))
        .Raw(message.encapsulated_key)
        .Raw(message.sealed);
    out.Raw(HmacSha256(DeriveRecipientsMacKey(file_key, header), out.bytes()).bytes);
    recipients = std::move(out).bytes();
  }

  Bytes Hint() const {
    ByteWriter out;
    out.Raw(AsBytes("ignite/v0"))
        .U8(0)
        .Raw(AsBytes("hint"))
        .U8(0)
        .Raw(header.salt)
        .Raw(identity.public_key().bytes);
    Sha256Digest digest = Sha256(out.bytes());
    return {digest.bytes.begin(), digest.bytes.end()};
  }

  void Assemble() {
    ByteWriter out;
    auto add = [&](std::string_view name, ByteView bytes) {
      out.Raw(MakeTarBlock(name, bytes.size())).Raw(bytes).Zeros((512 - bytes.size() % 512) % 512);
    };
    add("HEADER", header.Serialize());
    add("SIGNATURES", signatures);
    add("RECIPIENTS", recipients);
    add("MANIFEST", manifest);
    add("INDEX", index);
    Bytes payload = chunks[0];
    payload.insert(payload.end(), chunks[1].begin(), chunks[1].end());
    add("PAYLOAD.0000", payload);
    file = std::move(out.Zeros(1024)).bytes();
  }
};

const Example& TheExample() {
  static const Example example;
  return example;
}

TEST(SpecExampleTest, IsABundleThatTheReaderTakes) {
  const Example& example = TheExample();
  Keyring keyring =
      Must(Keyring::Create(1, {{Role::kRelease, {{example.signing_key.public_key()}, 1}}}));
  auto streams =
      Must(fakes::ReadBundle(example.file, {.keyring = keyring, .identity = example.identity}));
  EXPECT_THAT(streams, testing::ElementsAre(example.table, example.content));
}

TEST(SpecExampleTest, StatesItsKeysAndSums) {
  const Example& example = TheExample();
  std::string values;
  auto add = [&](std::string_view name, ByteView bytes) {
    values += StrCat(name, "\n  ", ToHex(bytes), "\n");
  };
  add("Ed25519 public key of the signer", example.signing_key.public_key().bytes);
  add("key id of the signer", example.signing_key.public_key().Id());
  add("X25519 public key of the probe", example.identity.public_key().bytes);
  add("content id", example.header.content_id.bytes);
  for (uint32_t stream : {0, 1, 2}) {
    StreamKey key = example.Key(stream);
    add(StrCat("stream ", stream, ": key, base nonce, commitment"), key.key);
    values += StrCat("  ", ToHex(key.base_nonce), "\n  ", ToHex(key.commitment), "\n");
  }
  add("key of the MAC of RECIPIENTS", DeriveRecipientsMacKey(example.file_key, example.header));
  add("SHA-256 of the message that is signed",
      Sha256(SignedMessage(example.header.Serialize())).bytes);
  add("SHA-256 of the whole file", Sha256(example.file).bytes);
  values += StrCat("length of the whole file\n  ", example.file.size(), "\n");
  ExpectInSpec("```text\n" + values + "```\n");
}

TEST(SpecExampleTest, StatesItsManifest) {
  ExpectInSpec("```json\n" + TheExample().manifest_json + "\n```\n");
}

TEST(SpecExampleTest, ShowsTheHeaderBlockOfItsFirstMember) {
  FieldCutter block{ByteView(TheExample().file).first(512)};
  block.Cut(100, "name \"HEADER\"")
      .Cut(8, "mode")
      .Cut(8, "uid")
      .Cut(8, "gid")
      .Cut(12, "size 256, octal");
  block.Cut(12, "mtime")
      .Cut(8, "checksum")
      .Cut(1, "type '0'")
      .Cut(100, "link name")
      .Cut(6, "magic \"ustar\"");
  block.Cut(2, "version \"00\"")
      .Cut(32, "owner")
      .Cut(32, "group")
      .Cut(8, "device major")
      .Cut(8, "device minor");
  std::string text = block.Cut(155, "prefix").Cut(12, "padding").Finish();
  // Zeros tell nothing.
  ExpectInSpec(std::regex_replace(text, std::regex("(\n[0-9a-f]{4}  0{32})+\n"), "\n*\n"));
}

TEST(SpecExampleTest, ShowsItsHeader) {
  Bytes header = TheExample().header.Serialize();
  FieldCutter fields(header);
  fields.Cut(8, "magic")
      .Cut(2, "format version 0")
      .Cut(2, "suite 1")
      .Cut(4, "chunk size 4096")
      .Cut(8, "chunks: 2");
  fields.Cut(4, StrCat("MANIFEST: ", TheExample().manifest.size(), " bytes"))
      .Cut(4, "INDEX: 72 bytes");
  fields.Cut(8, StrCat("all chunks: ", TheExample().header.payload_size, " bytes"));
  fields.Cut(32, "content id")
      .Cut(32, "SHA-256 of MANIFEST")
      .Cut(32, "SHA-256 of INDEX")
      .Cut(32, "salt");
  ExpectInSpec(fields.Cut(32, "key commitment").Cut(56, "reserved").Finish());
}

TEST(SpecExampleTest, ShowsItsSignaturesRecipientsManifestIndexAndPayload) {
  const Example& example = TheExample();
  ExpectInSpec(FieldCutter(example.signatures).Cut(8, "key id").Cut(64, "signature").Finish());
  FieldCutter recipients(example.recipients);
  recipients.Cut(2, "kem 1")
      .Cut(2, "size of the body: 88")
      .Cut(8, "hint")
      .Cut(32, "encapsulated key");
  ExpectInSpec(
      recipients.Cut(32, "file key, encrypted").Cut(16, "its tag").Cut(32, "MAC").Finish());
  FieldCutter manifest(example.manifest);
  ExpectInSpec(manifest.Cut(example.manifest_json.size(), "the JSON text, encrypted")
                   .Cut(16, "its tag")
                   .Finish());
  FieldCutter index(example.index);
  index.Cut(32, "SHA-256 of chunk 0").Cut(4, "its stored bytes");
  ExpectInSpec(index.Cut(32, "SHA-256 of chunk 1").Cut(4, "its stored bytes").Finish());
  Bytes both = example.chunks[0];
  both.insert(both.end(), example.chunks[1].begin(), example.chunks[1].end());
  FieldCutter payload(both);
  payload.Cut(example.frames[0].size(), "stream 1: the frame of the table, encrypted")
      .Cut(16, "its tag");
  payload.Cut(example.frames[1].size(), "stream 2: the frame of the content, encrypted");
  ExpectInSpec(payload.Cut(16, "its tag").Finish());
}

TEST(SpecExampleTest, ShowsItsTableAndItsFrames) {
  FieldCutter table(TheExample().table);
  table.Cut(8, "magic \"IGNTREE\\0\"").Cut(4, "entries: 2").Cut(4, "reserved");
  for (bool root : {true, false}) {
    table.Cut(1, root ? "entry 0: type 1, directory" : "entry 1: type 2, file").Cut(1, "flags");
    table.Cut(2, root ? "mode 0755" : "mode 0644")
        .Cut(4, "mtime, nanoseconds")
        .Cut(8, "mtime, seconds: 1700000000");
    table.Cut(8, root ? "size" : "size: 6")
        .Cut(4, "earlier entry")
        .Cut(2, root ? "path: 0 bytes" : "path: 5 bytes");
    table.Cut(2, "target: 0 bytes")
        .Cut(1, "owner: 4 bytes")
        .Cut(1, "group: 4 bytes")
        .Cut(1, "capabilities: 0 bytes");
    table.Cut(1, "reserved").Cut(32, root ? "digest" : "SHA-256 of \"hello\\n\"");
    if (!root) table.Cut(5, "path \"hello\"");
    table.Cut(4, "owner \"root\"").Cut(4, "group \"root\"");
  }
  ExpectInSpec(table.Finish());
  FieldCutter frame(TheExample().frames[1]);
  frame.Cut(4, "zstd magic")
      .Cut(1, "one segment, content size in one byte")
      .Cut(1, "content size: 6");
  ExpectInSpec(frame.Cut(3, "block header: last, raw, 6 bytes").Cut(6, "\"hello\\n\"").Finish());
}

TEST(SpecLimitsTest, NamesEveryConstantWithItsValue) {
  const std::vector<std::pair<std::string, uint64_t>> limits = {
      {"kFormatVersion", kFormatVersion},
      {"kTarBlock", kTarBlock},
      {"kTarEnd", kTarEnd},
      {"kPayloadMemberSize", kPayloadMemberSize},
      {"kHeaderSize", kHeaderSize},
      {"kMinChunkSize", kMinChunkSize},
      {"kMaxChunkSize", kMaxChunkSize},
      {"kMaxChunks", kMaxChunks},
      {"kMaxManifestSize", kMaxManifestSize},
      {"kSignatureEntrySize", kSignatureEntrySize},
      {"kMaxSignatures", kMaxSignatures},
      {"kKemX25519", kKemX25519},
      {"kRecipientBodySize", kRecipientBodySize},
      {"kMaxRecipientsSize", kMaxRecipientsSize},
      {"kMacSize", kMacSize},
      {"kFileKeySize", kFileKeySize},
      {"kIndexEntrySize", kIndexEntrySize},
      {"kMaxChunkOverhead", kMaxChunkOverhead},
      {"Json::kMaxDepth", Json::kMaxDepth},
      {"Json::kMaxValues", Json::kMaxValues},
      {"Json::kMaxInteger", Json::kMaxInteger},
      {"kMaxTreePath", kMaxTreePath},
      {"kMaxTreeName", kMaxTreeName},
      {"kMaxTreeEntries", kMaxTreeEntries},
      {"kMaxTableSize", kMaxTableSize},
      {"kMaxLicenceIdentities", kMaxLicenceIdentities},
      {"kMaxLicenceWords", kMaxLicenceWords},
      {"kMaxLicenceText", kMaxLicenceText},
      {"kMaxSteps", kMaxSteps},
  };
  for (const auto& [name, value] : limits) ExpectInSpec(StrCat("| `", name, "` | ", value, " |"));
}

TEST(SpecLimitsTest, KnowsEveryConstantOfTheLayout) {
  for (const char* header :
       {"container/layout.h", "tree/table.h", "licence/licence_spec.h", "steps/step.h"}) {
    std::ifstream file(StrCat(IGNITE_SOURCE_DIR, "/payload-format/", header));
    std::stringstream content;
    content << file.rdbuf();
    std::string text = content.str();
    std::regex constant("inline constexpr [^=;]*?\\b(k[A-Z][A-Za-z0-9]*)\\b\\s*[={]");
    size_t found = 0;
    for (auto match = std::sregex_iterator(text.begin(), text.end(), constant);
         match != std::sregex_iterator(); ++match) {
      ExpectInSpec(StrCat("`", (*match)[1].str(), "`"));
      ++found;
    }
    EXPECT_GE(found, 1u) << header;
  }
}

}  // namespace
}  // namespace ignite::format
