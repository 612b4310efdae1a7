// UTF-8, as far as the project needs it: is this text sound, and may a person's terminal see it?
#pragma once

#include <string>
#include <string_view>

namespace ignite {

/// Shortest form only, no surrogates, nothing above U+10FFFF. Control characters are sound.
bool IsUtf8(std::string_view text);

/// Several lines for a terminal: letters of every language and line ends stay, control characters
/// and bytes that are no UTF-8 come out as \xNN. For names use Printable (terminal.h), which keeps
/// ASCII only.
std::string PrintableLines(std::string_view text);

}  // namespace ignite
