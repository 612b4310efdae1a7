#include "agent/log.h"

#include <cstdio>
#include <string>

#include "base/terminal.h"

namespace ignite {

void Log(std::string_view text) {
  std::string line;
  for (char c : text) line += c == '\n' ? std::string("; ") : std::string(1, c);
  while (line.ends_with(' ') || line.ends_with(';')) line.pop_back();
  (void)std::fprintf(stderr, "ignited: %s\n", Printable(line, 2000).c_str());
}

}  // namespace ignite
