// Joins strings and integers. g++ 12 has no <format>.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace ignite {

namespace internal {
inline std::string_view ToPiece(std::string_view text) { return text; }
inline std::string ToPiece(std::integral auto number) { return std::to_string(number); }
}  // namespace internal

template <class... Parts>
std::string StrCat(const Parts&... parts) {
  std::string joined;
  (joined.append(internal::ToPiece(parts)), ...);
  return joined;
}

}  // namespace ignite
