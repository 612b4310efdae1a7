// Checks the payloads of a bundle by the rules of their types, while it is read: what a reader must
// refuse beside what VerifiedBundle refuses.
#pragma once

#include <memory>

#include "packager/payload_type.h"
#include "payload-format/verified_bundle.h"

namespace ignite::packager {

/// The sink of `ignite-pack verify`.
class PayloadCheck : public format::PayloadSink {
 public:
  /// `manifest` must live longer.
  explicit PayloadCheck(const format::Manifest& manifest) : manifest_(manifest) {}

  /// Before the bytes come: what the manifest says. kUnsupported where it has a type of payload or
  /// health check that this program does not know, kCorrupt where a rule of a type is broken.
  Result<> CheckManifest() const;

  Result<> BeginStream(size_t payload, size_t stream) override;
  Result<> Write(ByteView plain) override;
  Result<> EndStream() override;

  uint64_t files() const;  ///< Files whose content was checked.

 private:
  const format::Manifest& manifest_;
  std::unique_ptr<ContentCheck> content_;  ///< Of the present payload; null where it has none.
  uint64_t earlier_files_ = 0;             ///< Of the payloads before it.
};

}  // namespace ignite::packager
