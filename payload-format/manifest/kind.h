// The four kinds of bundle.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ignite::format {

enum class Kind : uint8_t {
  kProduct,      ///< The complete set.
  kServicePack,  ///< Some components.
  kLicence,
  kOrder,
};

std::string_view KindName(Kind kind);
std::optional<Kind> ParseKind(std::string_view name);
const std::vector<std::string_view>& KindNames();
/// Whether a bundle of this kind brings software; which payloads belong to a kind, their types say.
bool CarriesSoftware(Kind kind);

}  // namespace ignite::format
