// The payload type licence: which probes may use what, until when. All of it stands in the
// manifest, so that a probe judges it before anything is unpacked. SPEC.md section 10.5.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::format {

inline constexpr size_t kMaxLicenceIdentities = 1024;
inline constexpr size_t kMaxLicenceWords = 256;  ///< Features, and limits, each.
inline constexpr size_t kMaxLicenceText = 256;   ///< Bytes of customer and serial.

struct LicenceSpec {
  static constexpr std::string_view kType = "licence";
  static constexpr std::string_view kComponent = "licence";
  static bool BelongsTo(Kind kind) { return kind == Kind::kLicence; }

  std::vector<std::string> identities;  ///< Public keys of the probes, in hexadecimal.
  std::string customer;
  std::string serial;  ///< May be empty.
  std::vector<std::string> features;
  std::map<std::string, int64_t> limits;
  std::string issued;     ///< A date of base/date.h.
  std::string not_after;  ///< The last day; empty for no end.

  Json ToJson() const;
  /// kCorrupt where a key or value is not one of the format.
  static Result<LicenceSpec> FromJson(const Json& json);
  /// For whoever takes such a payload from a manifest: component, streams and spec.
  static Result<> Check(const PayloadInfo& payload);
};

/// What a licence may say of its customer: 1 to kMaxLicenceText bytes of UTF-8 without
/// control characters.
bool IsLicenceText(std::string_view text);

}  // namespace ignite::format
