// A bundle whose HEADER is signed by the roles its kind needs, whose manifest this machine could
// decrypt and parse.
//
// Open is the only way to make one, so a function that takes a VerifiedBundle cannot be handed
// unchecked input. Nothing unsigned reaches any parser but the fixed-layout reader of members.h,
// and every size is bounded before it is believed. The file is read once, from front to back; a
// file that changes meanwhile can only be refused.
#pragma once

#include "base/file_system.h"
#include "payload-format/container/index.h"
#include "payload-format/members.h"
#include "payload-format/trust/keyring.h"

namespace ignite::format {

/// Takes the plain bytes of every stream, in manifest order. The bytes are authenticated one chunk
/// at a time before they arrive; only EndStream says that a stream is complete, and only an OK of
/// ReadPayloads that the bundle is. So a sink writes to staging and makes nothing active.
class PayloadSink {
 public:
  virtual ~PayloadSink() = default;
  virtual Result<> BeginStream(size_t payload, size_t stream) = 0;
  virtual Result<> Write(ByteView plain) = 0;
  virtual Result<> EndStream() = 0;
};

/// Whether a bundle that is not encrypted is accepted: only where the machine's configuration says
/// so.
enum class PlainBundles : uint8_t { kRefused, kAccepted };

class VerifiedBundle {
 public:
  /// kCorrupt, kTruncated, kUnsupported, kUntrusted or kNotAddressed: see error.h.
  static Result<VerifiedBundle> Open(std::unique_ptr<InputFile> file, const Keyring& keyring,
                                     std::span<const PrivateKey> identities, PlainBundles plain);

  const Manifest& manifest() const { return manifest_; }
  const Sha256Digest& content_id() const { return header_.content_id; }
  /// False only where Open accepted a plain bundle.
  bool encrypted() const { return header_.encrypted(); }
  /// Stored bytes of all chunks: the measure of progress.
  uint64_t payload_size() const { return header_.payload_size; }

  /// Foretells by the length of the file what reading it to its end would find: kTruncated or
  /// kCorrupt where it is not the bundle's.
  Result<> CheckLength() { return input_.CheckLength(length_); }

  /// Reads on to the end of the file. `threads` 0 means all cores, 1 starts none. `progress` gets
  /// the stored bytes done and may give an Error to stop. An Error leaves the sink in the middle;
  /// the bundle cannot be read again.
  using Progress = std::function<Result<>(uint64_t stored_bytes_done)>;
  Result<> ReadPayloads(PayloadSink& sink, unsigned threads, const Progress& progress);

 private:
  VerifiedBundle(BundleInput input, const EarlyMembers& early, Manifest manifest, Index index,
                 std::optional<FileKey> file_key)
      : input_(std::move(input)),
        header_(early.header),
        length_(early.BundleLength()),
        manifest_(std::move(manifest)),
        index_(std::move(index)),
        file_key_(file_key) {}

  BundleInput input_;
  Header header_;
  uint64_t length_;
  Manifest manifest_;
  Index index_;
  std::optional<FileKey> file_key_;
};

}  // namespace ignite::format
