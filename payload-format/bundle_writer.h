// Writes a bundle: the counterpart of VerifiedBundle, used by the packager and by tests.
//
// Streams are read twice: once for the digests that the manifest names and from which the keys
// derive, once to compress and encrypt. A source that changes in between is found and refused.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "payload-format/crypto/signer.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::format {

/// The plain bytes of one stream.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  virtual Result<> Rewind() = 0;
  /// Fills the buffer; fewer bytes only at the end.
  virtual Result<size_t> Read(std::span<std::byte> buffer) = 0;
};

class MemoryStream : public StreamSource {
 public:
  explicit MemoryStream(Bytes bytes) : bytes_(std::move(bytes)) {}
  Result<> Rewind() override;
  Result<size_t> Read(std::span<std::byte> buffer) override;

 private:
  Bytes bytes_;
  size_t place_ = 0;
};

struct BundlePlan {
  Manifest manifest;  ///< Without streams: the writer fills them in.
  /// For every payload its streams, in order.
  std::vector<std::vector<std::unique_ptr<StreamSource>>> sources;
  std::vector<std::unique_ptr<Signer>> signers;  ///< At least one.
  std::vector<PublicKey> recipients;             ///< None makes a plain bundle.
  uint32_t chunk_size = 1024 * 1024;
  int level = 9;         ///< zstd, 1 to 19.
  unsigned threads = 0;  ///< 0: all cores.
};

struct WrittenBundle {
  Sha256Digest content_id;
  uint64_t size = 0;
};

/// `done` of `total` plain bytes, both passes counted.
using WriteProgress = std::function<void(uint64_t done, uint64_t total)>;

/// Makes `path`, replacing a file that is there only when the new one is complete and durable; an
/// Error leaves the old one as it was. The signers are asked at the very end. kBusy where another
/// program is writing the same bundle. `total_plain_bytes` is for progress only.
Result<WrittenBundle> WriteBundle(BundlePlan plan, const std::string& path,
                                  uint64_t total_plain_bytes, const WriteProgress& progress);

}  // namespace ignite::format
