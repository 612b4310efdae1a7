#include "payload-format/manifest/health_spec.h"

#include <algorithm>

#include "base/ini.h"
#include "base/str_cat.h"
#include "payload-format/manifest/unit_name.h"

namespace ignite::format {
namespace {

bool IsPrintable(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool IsUrl(std::string_view text) {
  bool http = text.starts_with("http://") || text.starts_with("https://");
  return http && text.size() > text.find("://") + 3 && IsPrintable(text) &&
         text.find(' ') == std::string_view::npos;
}

bool IsAddress(std::string_view text) { return SplitAddress(text).has_value(); }

}  // namespace

const std::vector<HealthType>& HealthTypes() {
  static const std::vector<HealthType> kTypes = {
      {"http", "url", "an http:// or https:// address, such as http://127.0.0.1:8080/healthz",
       IsUrl},
      {"tcp", "address", "HOST:PORT, such as 127.0.0.1:8080", IsAddress},
      {"unit", "unit", "the name of a unit, such as netprobe-web.service", IsUnitName},
      {"command", "command", "a command line for /bin/sh, such as test -e /run/ready", IsPrintable},
  };
  return kTypes;
}

const HealthType* FindHealthType(std::string_view name) {
  auto found = std::find_if(HealthTypes().begin(), HealthTypes().end(),
                            [&](const HealthType& t) { return t.name == name; });
  return found == HealthTypes().end() ? nullptr : &*found;
}

std::optional<HostAndPort> SplitAddress(std::string_view address) {
  size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  uint64_t port = ParseNumber(address.substr(colon + 1)).value_or(0);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (port == 0 || port > 65535 || !IsPrintable(host) || host.find(' ') != std::string_view::npos)
    return std::nullopt;
  return HostAndPort{std::string(host), std::to_string(port)};
}

Result<std::string> HealthParameter(const HealthType& type, const Json& spec) {
  JsonFields fields(spec, StrCat("health check of type ", type.name));
  std::string value = fields.String(type.parameter);
  if (!type.is_valid(value)) fields.Fault(type.parameter, StrCat("is not ", type.explanation));
  TRY(fields.Finish());
  return value;
}

}  // namespace ignite::format
