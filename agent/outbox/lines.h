// The line ends of the texts in the outbox.
#pragma once

#include <string>
#include <string_view>

namespace ignite::outbox {

/// CR LF at the end of each line, which every editor of a support desk shows right.
inline std::string DosLines(std::string_view text) {
  std::string lines;
  for (char c : text) {
    if (c == '\n') lines += '\r';
    lines += c;
  }
  return lines;
}

}  // namespace ignite::outbox
