// The names of systemd's units, as a payload and a health check may use them. SPEC.md section 10.1.
#pragma once

#include <string_view>

namespace ignite::format {

/// At most 255 of the letters, digits and ":-_.\@" that systemd allows, with one of the suffixes of
/// units that can be started: "netprobe-web.service".
bool IsUnitName(std::string_view name);

}  // namespace ignite::format
