#include "payload-format/manifest/unit_name.h"

#include <algorithm>
#include <array>

namespace ignite::format {

bool IsUnitName(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kSuffixes = {".service", ".socket", ".timer",
                                                                ".path",    ".target", ".mount"};
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(":-_.\\@").find(c) != std::string_view::npos;
  };
  bool suffix = std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](std::string_view s) {
    return name.ends_with(s) && name.size() > s.size();
  });
  return suffix && name[0] != '-' && name[0] != '.' && name.size() < 256 &&
         std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace ignite::format
