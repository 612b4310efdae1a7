// The address of a PostgreSQL database in a bundle: a connection string of libpq, in the one form
// that SPEC.md 10.8 gives it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ignite::format {

/// The keys of an address in their order; host and port may be missing.
inline constexpr std::array<std::string_view, 4> kAddressKeys = {"dbname", "host", "port", "user"};

/// "dbname=NAME host=HOST port=PORT user=ROLE", in this order; host and port may be missing.
bool IsPostgresqlAddress(std::string_view text);

/// The value of a key of such an address; nullopt where it is missing.
std::optional<std::string> PartOfAddress(std::string_view address, std::string_view key);

}  // namespace ignite::format
