// Days as people write them, 2027-12-31, and as the seconds since 1970 of their first moment (UTC).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ignite {

/// nullopt for anything but YYYY-MM-DD of a day that exists, from 1970-01-01 to 9999-12-31.
std::optional<int64_t> ParseDate(std::string_view text);
/// The day of a moment. A moment outside of those days gives the nearest of them.
std::string DateText(int64_t seconds);

}  // namespace ignite
