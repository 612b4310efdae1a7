#include "payload-format/manifest/kind.h"

#include <algorithm>

namespace ignite::format {

const std::vector<std::string_view>& KindNames() {
  static const std::vector<std::string_view> kNames = {"product", "service-pack", "licence",
                                                       "order"};
  return kNames;
}

std::string_view KindName(Kind kind) { return KindNames()[static_cast<size_t>(kind)]; }

std::optional<Kind> ParseKind(std::string_view name) {
  auto found = std::find(KindNames().begin(), KindNames().end(), name);
  if (found == KindNames().end()) return std::nullopt;
  return static_cast<Kind>(found - KindNames().begin());
}

bool CarriesSoftware(Kind kind) { return kind == Kind::kProduct || kind == Kind::kServicePack; }

}  // namespace ignite::format
