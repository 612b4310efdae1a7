#include "payload-format/data/database_address.h"

#include <algorithm>

#include "base/str_cat.h"

namespace ignite::format {
namespace {

constexpr size_t kLongestValue = 63;  // Of a name in PostgreSQL (NAMEDATALEN).

bool IsValue(std::string_view text) {
  return !text.empty() && text.size() <= kLongestValue &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '/' || c == '-';
         });
}

/// Takes "key=VALUE" from the front, with the space behind it.
std::optional<std::string> Take(std::string_view& rest, std::string_view key) {
  std::string begin = StrCat(key, "=");
  if (!rest.starts_with(begin)) return std::nullopt;
  size_t end = std::min(rest.find(' '), rest.size());
  std::string value(rest.substr(begin.size(), end - begin.size()));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return value;
}

}  // namespace

bool IsPostgresqlAddress(std::string_view text) {
  if (text.ends_with(' ')) return false;
  for (std::string_view key : kAddressKeys) {
    bool is_needed = key != "host" && key != "port";
    auto value = Take(text, key);
    if (value ? !IsValue(*value) : is_needed) return false;
  }
  return text.empty();
}

std::optional<std::string> PartOfAddress(std::string_view address, std::string_view key) {
  for (std::string_view candidate : kAddressKeys) {
    auto value = Take(address, candidate);
    if (candidate == key) return value;
  }
  return std::nullopt;
}

}  // namespace ignite::format
