#include "base/utf8.h"

#include <algorithm>
#include <cstdint>

#include "base/terminal.h"

namespace ignite {
namespace {

struct Character {
  size_t length = 0;  ///< 0 where the text does not begin with a sound character.
  uint32_t code = 0;
};

Character First(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  uint32_t code = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kShortest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool sound = code >= kShortest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return sound ? Character{length, code} : Character{};
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    size_t length = First(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string PrintableLines(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    Character first = First(text);
    size_t length = std::max<size_t>(first.length, 1);
    bool visible =
        first.code == '\n' || (first.code >= 0x20 && first.code < 0x7f) || first.code >= 0xa0;
    safe += visible ? std::string(text.substr(0, length)) : Printable(text.substr(0, length));
    text.remove_prefix(length);
  }
  return safe;
}

}  // namespace ignite
