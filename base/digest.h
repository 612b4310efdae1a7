// A SHA-256 digest as a type, so that no digest travels as a string that someone could use as a
// path.
#pragma once

#include <algorithm>
#include <array>
#include <compare>

#include "base/bytes.h"

namespace ignite {

struct Sha256Digest {
  std::array<std::byte, 32> bytes{};

  auto operator<=>(const Sha256Digest&) const = default;
  std::string Hex() const { return ToHex(bytes); }
  /// 64 lower-case digits, else nullopt.
  static std::optional<Sha256Digest> FromHexText(std::string_view hex) {
    auto raw = FromHex(hex);
    Sha256Digest digest;
    if (!raw || raw->size() != digest.bytes.size()) return std::nullopt;
    std::copy(raw->begin(), raw->end(), digest.bytes.begin());
    return digest;
  }
};

}  // namespace ignite
