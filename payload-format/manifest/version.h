// Versions, compared as dpkg compares them: [epoch:]upstream[-revision], '~' before everything.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace ignite::format {

/// [epoch:]upstream[-revision] of letters, digits and . + - ~ : as dpkg takes them. The epoch is a
/// number of at most 9 digits, upstream begins with a digit, no part is empty; at most 64 bytes.
bool IsVersion(std::string_view text);

/// Source of the algorithm: deb-version(7).
std::strong_ordering CompareVersions(std::string_view a, std::string_view b);

/// "app/web >= 4.1".
struct Requirement {
  std::string component;
  std::string relation;  ///< One of < <= = >= >
  std::string version;

  static std::optional<Requirement> Parse(std::string_view text);
  std::string ToString() const;
  bool HoldsFor(std::string_view installed) const;
};

/// The component that a probe boots from one of its slots.
inline constexpr std::string_view kOperatingSystem = "os";
/// "os", "licence", or app/NAME, data/NAME, config/NAME.
bool IsComponent(std::string_view text);
/// Letters, digits, '.', '_' and '-', not beginning with '.' or '-', at most 64 bytes.
bool IsName(std::string_view text);

}  // namespace ignite::format
