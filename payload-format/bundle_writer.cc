#include "payload-format/bundle_writer.h"

#include <algorithm>
#include <functional>

#include "base/str_cat.h"
#include "payload-format/chunk/chunk_codec.h"
#include "payload-format/chunk/ordered_pipeline.h"
#include "payload-format/container/index.h"
#include "payload-format/container/recipients.h"
#include "payload-format/container/signatures.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/output_bundle.h"

namespace ignite::format {
namespace {

struct WriteItem {
  const ChunkCodec* codec;
  uint64_t number;
  bool last;
  int level;
  Bytes plain;
  Sha256Digest plain_digest;
  Bytes stored;
  IndexEntry entry;
};

using ChunkVisitor = std::function<Result<>(Bytes plain, uint64_t number, bool last)>;

/// Cuts a stream into chunks. One chunk is held back, because the last one must be known as such.
Result<> ForEachChunk(StreamSource& source, uint32_t chunk_size, const ChunkVisitor& visit) {
  auto read_chunk = [&]() -> Result<Bytes> {
    Bytes chunk(chunk_size);
    chunk.resize(TRY(source.Read(chunk)));
    return chunk;
  };
  TRY(source.Rewind());
  Bytes held = TRY(read_chunk());
  for (uint64_t number = 0; !held.empty(); ++number) {
    Bytes next = held.size() < chunk_size ? Bytes() : TRY(read_chunk());
    bool last = next.empty();
    TRY(visit(std::move(held), number, last));
    held = std::move(next);
  }
  return {};
}

class BundleBuilder {
 public:
  BundleBuilder(BundlePlan plan, uint64_t total_plain_bytes, const WriteProgress& progress)
      : plan_(std::move(plan)), total_(2 * total_plain_bytes), progress_(progress) {}

  Result<WrittenBundle> Write(const std::string& path) {
    if (plan_.signers.empty() || plan_.signers.size() > kMaxSignatures) {
      return Error{
          ErrorCode::kInvalidArgument,
          StrCat("a bundle takes 1 to ", kMaxSignatures, " signatures, not ", plan_.signers.size()),
          "give the keys that the probe's keyring asks for"};
    }
    TRY(MeasureStreams());
    TRY(PrepareHeader());
    OutputBundle output =
        TRY(OutputBundle::Create(path, header_, plan_.signers.size(), recipients_.size()));
    TRY(WritePayload(output));
    return WrittenBundle{header_.content_id, TRY(Finish(output))};
  }

 private:
  /// First pass: sizes and digests for the manifest.
  Result<> MeasureStreams() {
    for (size_t p = 0; p < plan_.sources.size(); ++p) {
      for (auto& source : plan_.sources[p])
        plan_.manifest.payloads[p].streams.push_back(TRY(Measure(*source)));
    }
    return {};
  }

  Result<StreamInfo> Measure(StreamSource& source) {
    StreamInfo info;
    Sha256Hasher digests;
    OrderedPipeline<WriteItem> pipeline(
        WorkerCount(plan_.threads),
        [](WriteItem& item) -> Result<> {
          item.plain_digest = Sha256(item.plain);
          return {};
        },
        [&](WriteItem& item) -> Result<> {
          digests.Update(item.plain_digest.bytes);
          info.size += item.plain.size();
          Advance(item.plain.size());
          return {};
        });
    TRY(ForEachChunk(source, plan_.chunk_size, [&](Bytes plain, uint64_t number, bool last) {
      return pipeline.Push({nullptr, number, last, 0, std::move(plain), {}, {}, {}});
    }));
    TRY(pipeline.Finish());
    info.digest = digests.Finish();
    return info;
  }

  Result<> PrepareHeader() {
    manifest_json_ = plan_.manifest.Serialize();
    header_.suite = plan_.recipients.empty() ? Suite::kPlain : Suite::kX25519Aes256Gcm;
    header_.chunk_size = plan_.chunk_size;
    for (const PayloadInfo& payload : plan_.manifest.payloads) {
      for (const StreamInfo& stream : payload.streams)
        header_.chunk_count += stream.ChunkCount(plan_.chunk_size);
    }
    header_.content_id = Sha256(AsBytes(manifest_json_));
    Bytes salt = RandomBytes(header_.salt.size());
    std::copy(salt.begin(), salt.end(), header_.salt.begin());
    Bytes stored_manifest(AsBytes(manifest_json_).begin(), AsBytes(manifest_json_).end());
    if (header_.encrypted()) {
      file_key_ = FileKey::Random();
      StreamKey key = DeriveStreamKey(*file_key_, header_, 0);
      std::copy(key.commitment.begin(), key.commitment.end(), header_.key_commitment.begin());
      recipients_ = TRY(WriteRecipients(*file_key_, header_, plan_.recipients));
      stored_manifest = SealManifest(AsBytes(manifest_json_), key);
    }
    if (stored_manifest.size() > kMaxManifestSize || header_.chunk_count > kMaxChunks) {
      return Error{ErrorCode::kInvalidArgument, "the bundle is larger than the format allows",
                   "split it into several bundles"};
    }
    manifest_ = std::move(stored_manifest);
    header_.manifest_size = static_cast<uint32_t>(manifest_.size());
    header_.manifest_digest = Sha256(manifest_);
    return {};
  }

  /// Second pass.
  Result<> WritePayload(OutputBundle& output) {
    uint32_t stream_number = 0;
    for (size_t p = 0; p < plan_.sources.size(); ++p) {
      for (size_t s = 0; s < plan_.sources[p].size(); ++s) {
        const StreamInfo& stream = plan_.manifest.payloads[p].streams[s];
        TRY(WriteStream(output, *plan_.sources[p][s], stream, ++stream_number));
      }
    }
    return {};
  }

  Result<> WriteStream(OutputBundle& output, StreamSource& source, const StreamInfo& stream,
                       uint32_t number) {
    const ChunkCodec codec(header_, file_key_, number);
    Sha256Hasher digests;
    OrderedPipeline<WriteItem> pipeline(
        WorkerCount(plan_.threads),
        [](WriteItem& item) -> Result<> {
          item.plain_digest = Sha256(item.plain);
          item.stored = item.codec->Encode(item.plain, item.number, item.last, item.level);
          item.entry = {Sha256(item.stored), static_cast<uint32_t>(item.stored.size())};
          return {};
        },
        [&](WriteItem& item) -> Result<> {
          digests.Update(item.plain_digest.bytes);
          index_.push_back(item.entry);
          TRY(output.Append(item.stored));
          Advance(item.plain.size());
          return {};
        });
    TRY(ForEachChunk(source, plan_.chunk_size, [&](Bytes plain, uint64_t i, bool last) {
      return pipeline.Push({&codec, i, last, plan_.level, std::move(plain), {}, {}, {}});
    }));
    TRY(pipeline.Finish());
    if (digests.Finish() == stream.digest) return {};
    return Error{ErrorCode::kInvalidArgument, "a source changed while it was being packed",
                 "build again when nothing writes to it"};
  }

  Result<uint64_t> Finish(OutputBundle& output) {
    Bytes index = WriteIndex(index_);
    header_.index_digest = Sha256(index);
    header_.payload_size = output.payload_size();
    Bytes header = header_.Serialize();
    std::vector<SignatureEntry> signatures;
    for (const auto& signer : plan_.signers) signatures.push_back(TRY(SignHeader(*signer, header)));
    return output.Finish({std::move(header), WriteSignatures(signatures), std::move(recipients_),
                          std::move(manifest_), std::move(index)});
  }

  void Advance(uint64_t bytes) {
    done_ += bytes;
    progress_(std::min(done_, total_), total_);
  }

  BundlePlan plan_;
  uint64_t total_;
  const WriteProgress& progress_;
  uint64_t done_ = 0;
  std::string manifest_json_;
  std::optional<FileKey> file_key_;
  Header header_;
  Bytes recipients_;
  Bytes manifest_;
  Index index_;
};

}  // namespace

Result<> MemoryStream::Rewind() {
  place_ = 0;
  return {};
}

Result<size_t> MemoryStream::Read(std::span<std::byte> buffer) {
  size_t count = std::min(buffer.size(), bytes_.size() - place_);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(place_), count, buffer.begin());
  place_ += count;
  return count;
}

Result<WrittenBundle> WriteBundle(BundlePlan plan, const std::string& path,
                                  uint64_t total_plain_bytes, const WriteProgress& progress) {
  return BundleBuilder(std::move(plan), total_plain_bytes, progress).Write(path);
}

}  // namespace ignite::format
