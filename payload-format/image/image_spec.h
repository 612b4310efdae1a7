// The rule for payloads of type image: the operating system as the raw bytes of a slot. SPEC.md
// section 10.4.
#pragma once

#include "base/result.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::format {

struct ImageSpec {
  static constexpr std::string_view kType = "image";
  static constexpr std::string_view kComponent = kOperatingSystem;
  /// The one stream of an image; its size is the image's.
  static constexpr size_t kContentStream = 0;
  static constexpr size_t kStreamCount = 1;
  /// Whether bundles of this kind may carry images.
  static bool BelongsTo(Kind kind) { return CarriesSoftware(kind); }

  /// For whoever takes such a payload from a manifest, before the first byte comes: component,
  /// streams and spec. kCorrupt where it is no image.
  static Result<> Check(const PayloadInfo& payload);
};

}  // namespace ignite::format
