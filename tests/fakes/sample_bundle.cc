#include "tests/fakes/sample_bundle.h"

#include "payload-format/crypto/hash.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::fakes {

using format::BundlePlan;
using format::KeyType;
using format::PrivateKey;
using format::Role;
using format::StreamSource;
using format::TreeEntry;

namespace {

PrivateKey FixedKey(KeyType type, uint8_t seed) {
  return PrivateKey::FromRaw(type, Bytes(32, static_cast<std::byte>(seed)));
}

SampleKeys MakeKeys() {
  PrivateKey release = FixedKey(KeyType::kEd25519, 1);
  PrivateKey qa = FixedKey(KeyType::kEd25519, 2);
  PrivateKey licence = FixedKey(KeyType::kEd25519, 3);
  format::Keyring keyring =
      Must(format::Keyring::Create(1, {{Role::kRelease, {{release.public_key()}, 1}},
                                       {Role::kQa, {{qa.public_key()}, 1}},
                                       {Role::kLicence, {{licence.public_key()}, 1}}}));
  return {std::move(release),
          std::move(qa),
          std::move(licence),
          FixedKey(KeyType::kEd25519, 4),
          FixedKey(KeyType::kX25519, 5),
          FixedKey(KeyType::kX25519, 6),
          std::move(keyring)};
}

TreeEntry RootEntry() {
  TreeEntry root;
  root.type = format::EntryType::kDirectory;
  root.mode = 0755;
  root.owner = root.group = "root";
  return root;
}

const std::string& LongContent() {
  static const std::string content = [] {
    std::string text;
    while (text.size() < 9000) text += "network probe ";
    return text;
  }();
  return content;
}

std::vector<std::vector<std::unique_ptr<StreamSource>>> SampleSources() {
  std::vector<std::vector<std::unique_ptr<StreamSource>>> sources;
  sources.push_back(TreeStreams({{"index.html", "hello\n"}, {"web.js", LongContent()}}));
  sources.push_back(TreeStreams({{"EMPTY", ""}}));
  return sources;
}

format::PayloadInfo TreePayload(std::string name, uint64_t entries) {
  format::TreeSpec spec;
  spec.path = "/opt/" + name;
  spec.owners = spec.groups = {"root"};
  spec.entries = entries;
  return {name, std::string(format::TreeSpec::kType), "app/" + name, "4.2.1", spec.ToJson(), {}};
}

}  // namespace

const SampleKeys& Keys() {
  static const SampleKeys keys = MakeKeys();
  return keys;
}

PrivateKey CopyOf(const PrivateKey& key) {
  return Must(PrivateKey::FromPem(key.public_key().type, key.Pem()));
}

std::unique_ptr<format::Signer> SignerOf(const PrivateKey& key) {
  return std::make_unique<format::KeySigner>(CopyOf(key));
}

std::vector<std::unique_ptr<StreamSource>> TreeStreams(const std::vector<SampleFile>& files) {
  format::TableWriter table;
  table.Add(RootEntry());
  Bytes content;
  for (const SampleFile& file : files) {
    TreeEntry entry = RootEntry();
    entry.type = format::EntryType::kFile;
    entry.path = file.name;
    entry.mode = 0644;
    entry.size = file.content.size();
    entry.digest = format::Sha256(AsBytes(file.content));
    table.Add(entry);
    ByteView bytes = AsBytes(file.content);
    content.insert(content.end(), bytes.begin(), bytes.end());
  }
  std::vector<std::unique_ptr<StreamSource>> streams;
  streams.push_back(std::make_unique<format::MemoryStream>(std::move(table).Finish()));
  streams.push_back(std::make_unique<format::MemoryStream>(std::move(content)));
  return streams;
}

BundlePlan SamplePlan() {
  BundlePlan plan;
  plan.manifest.kind = format::Kind::kServicePack;
  plan.manifest.product = "netprobe";
  plan.manifest.version = "4.2.1";
  plan.manifest.counter = 40201;
  plan.manifest.epoch = 1;
  plan.manifest.compatible = "netprobe-x86_64";
  plan.manifest.payloads = {TreePayload("web", 3), TreePayload("docs", 2)};
  plan.sources = SampleSources();
  plan.signers.push_back(SignerOf(Keys().release));
  plan.signers.push_back(SignerOf(Keys().qa));
  plan.recipients = {Keys().identity.public_key(), Keys().other_identity.public_key()};
  plan.chunk_size = format::kMinChunkSize;
  plan.level = 3;
  plan.threads = 1;
  return plan;
}

const std::vector<Bytes>& SampleStreams() {
  static const std::vector<Bytes> streams = [] {
    std::vector<Bytes> all;
    for (auto& payload : SampleSources()) {
      for (auto& source : payload) {
        Bytes buffer(1 << 20);
        buffer.resize(Must(source->Read(buffer)));
        all.push_back(std::move(buffer));
      }
    }
    return all;
  }();
  return streams;
}

Bytes Build(BundlePlan plan) {
  TemporaryDirectory folder;
  auto written =
      Must(format::WriteBundle(std::move(plan), folder / "bundle", 0, [](uint64_t, uint64_t) {}));
  std::string text = Must(MakePosixFileSystem()->ReadFile(folder / "bundle", written.size));
  return {AsBytes(text).begin(), AsBytes(text).end()};
}

Result<> RecordingSink::BeginStream(size_t payload, size_t stream) {
  streams.emplace_back();
  numbers.emplace_back(payload, stream);
  return {};
}

Result<> RecordingSink::Write(ByteView plain) {
  streams.back().insert(streams.back().end(), plain.begin(), plain.end());
  return {};
}

Result<> RecordingSink::EndStream() {
  ++ended;
  return {};
}

Result<std::vector<Bytes>> ReadBundle(std::unique_ptr<InputFile> file, const ReadOptions& options) {
  auto bundle = TRY(format::VerifiedBundle::Open(std::move(file), options.keyring,
                                                 {&options.identity, 1}, options.plain));
  RecordingSink sink;
  TRY(bundle.ReadPayloads(sink, options.threads, [](uint64_t) -> Result<> { return {}; }));
  return std::move(sink.streams);
}

Result<std::vector<Bytes>> ReadBundle(ByteView bundle, const ReadOptions& options) {
  return ReadBundle(MakeMemoryFile(bundle), options);
}

std::vector<MemberPlace> MembersOf(ByteView bundle) {
  std::vector<MemberPlace> places;
  for (size_t offset = 0; offset + format::kTarEnd < bundle.size();) {
    format::TarBlock block;
    std::copy_n(bundle.begin() + static_cast<std::ptrdiff_t>(offset), block.size(), block.begin());
    format::TarMember member = Must(format::ReadTarBlock(block));
    places.push_back({member.name, offset, static_cast<size_t>(member.size)});
    offset = places.back().end();
  }
  return places;
}

}  // namespace ignite::fakes
