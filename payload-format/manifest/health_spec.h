// The health checks that a bundle can ask for, by type: the one table that the packager writes and
// the agent reads by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ignite::format {

/// One type: its name in a recipe, and its only parameter.
struct HealthType {
  std::string_view name;
  std::string_view parameter;    ///< The key in the recipe and in the manifest's spec.
  std::string_view explanation;  ///< What a value looks like, for error messages.
  bool (*is_valid)(std::string_view value);
};

/// http (url), tcp (address), unit (unit), command (command).
const std::vector<HealthType>& HealthTypes();
const HealthType* FindHealthType(std::string_view name);

/// "127.0.0.1:8080" or "[::1]:8080" split in two; nullopt where it is neither.
struct HostAndPort {
  std::string host;
  std::string port;
};
std::optional<HostAndPort> SplitAddress(std::string_view address);

/// The parameter out of a check's spec, checked.
Result<std::string> HealthParameter(const HealthType& type, const Json& spec);

}  // namespace ignite::format
