#include "base/html.h"

#include "base/str_cat.h"
#include "base/utf8.h"

namespace ignite {
namespace {

std::string_view Escaped(const char& c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {&c, 1};
  }
}

}  // namespace

Html Html::Text(std::string_view text) {
  Html html;
  std::string printable = PrintableLines(text);
  for (const char& c : printable) html.code_ += Escaped(c);
  return html;
}

Html Html::Element(std::string_view tag, const Html& content, std::string_view attributes) {
  Html html;
  html.code_ = StrCat("<", tag, attributes.empty() ? "" : " ", attributes, ">", content.code_, "</",
                      tag, ">");
  // Line ends that no browser shows, for whoever looks at the source.
  if (tag.size() > 1 && tag != "span" && tag != "time") html.code_ += "\n";
  return html;
}

Html& Html::operator+=(const Html& other) {
  code_ += other.code_;
  return *this;
}

}  // namespace ignite
