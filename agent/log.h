// The daemon's log: lines on standard error, which systemd keeps in the journal. No control
// character of a foreign name or text gets through.
#pragma once

#include <string_view>

namespace ignite {

/// Line ends in the text become "; ".
void Log(std::string_view text);

}  // namespace ignite
