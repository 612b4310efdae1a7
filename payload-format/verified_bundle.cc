#include "payload-format/verified_bundle.h"

#include <algorithm>

#include "base/str_cat.h"
#include "payload-format/chunk/chunk_codec.h"
#include "payload-format/chunk/ordered_pipeline.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/payload_members.h"

namespace ignite::format {
namespace {

struct ReadItem {
  const ChunkCodec* codec;
  IndexEntry entry;
  uint64_t number;
  bool last;
  size_t plain_size;
  Bytes stored;
  Bytes plain;
  Sha256Digest plain_digest;
};

/// Hash, then decrypt, then decompress: stored bytes that were not signed reach neither cipher nor
/// decoder.
Result<> Unpack(ReadItem& item) {
  TRY(CheckChunk(item.stored, item.entry));
  item.plain = TRY(item.codec->Decode(item.stored, item.number, item.last, item.plain_size,
                                      std::move(item.plain)));
  item.plain_digest = Sha256(item.plain);
  return {};
}

Error WrongStream(const PayloadInfo& payload) {
  return {ErrorCode::kCorrupt, StrCat("payload '", payload.name, "' is not what its manifest says"),
          "build the bundle anew"};
}

}  // namespace

Result<VerifiedBundle> VerifiedBundle::Open(std::unique_ptr<InputFile> file, const Keyring& keyring,
                                            std::span<const PrivateKey> identities,
                                            PlainBundles plain) {
  BundleInput input(std::move(file));
  VouchingRoles roles;
  EarlyMembers early =
      TRY(ReadEarlyMembers(input, [&](ByteView header, const auto& signatures) -> Result<> {
        roles = TRY(keyring.Verify(header, signatures));
        return {};
      }));
  std::optional<FileKey> file_key;
  if (early.header.encrypted()) {
    file_key = TRY(OpenRecipients(early.recipients, early.header, identities));
  } else if (plain == PlainBundles::kRefused) {
    return Error{
        ErrorCode::kNotAddressed, "the bundle is not encrypted",
        "build it with --recipient, or set allow-unencrypted = yes on a development probe"};
  }
  Manifest manifest = TRY(ReadManifest(input, early.header, file_key));
  TRY(keyring.RequireRolesFor(manifest.kind, roles));

  Index index = TRY(ParseIndex(TRY(ReadStoredIndex(input, early.header)), early.header));
  return VerifiedBundle(std::move(input), early, std::move(manifest), std::move(index), file_key);
}

Result<> VerifiedBundle::ReadPayloads(PayloadSink& sink, unsigned threads,
                                      const Progress& progress) {
  PayloadMembersReader stored(input_, header_.payload_size);
  // The memory of delivered chunks, for those to come: to give it back and ask for it again costs
  // the system more than the cipher does.
  std::vector<ReadItem> spare;
  auto entry = index_.begin();
  uint64_t done = 0;
  uint32_t stream_number = 0;
  for (size_t p = 0; p < manifest_.payloads.size(); ++p) {
    const PayloadInfo& payload = manifest_.payloads[p];
    for (size_t s = 0; s < payload.streams.size(); ++s) {
      const StreamInfo& stream = payload.streams[s];
      const ChunkCodec codec(header_, file_key_, ++stream_number);
      Sha256Hasher digests;
      TRY(sink.BeginStream(p, s));
      OrderedPipeline<ReadItem> pipeline(WorkerCount(threads), Unpack,
                                         [&](ReadItem& item) -> Result<> {
                                           digests.Update(item.plain_digest.bytes);
                                           done += item.stored.size();
                                           TRY(sink.Write(item.plain));
                                           spare.push_back(std::move(item));
                                           return progress(done);
                                         });
      uint64_t count = stream.ChunkCount(header_.chunk_size);
      for (uint64_t i = 0; i < count; ++i, ++entry) {
        uint64_t left = stream.size - i * header_.chunk_size;
        ReadItem item{};
        if (!spare.empty()) {
          item = std::move(spare.back());
          spare.pop_back();
        }
        item.codec = &codec;
        item.entry = *entry;
        item.number = i;
        item.last = i + 1 == count;
        item.plain_size = std::min<uint64_t>(left, header_.chunk_size);
        item.stored.resize(entry->stored_size);
        TRY(stored.Read(item.stored));
        TRY(pipeline.Push(std::move(item)));
      }
      TRY(pipeline.Finish());
      if (digests.Finish() != stream.digest) return WrongStream(payload);
      TRY(sink.EndStream());
    }
  }
  return input_.ReadEnd();
}

}  // namespace ignite::format
