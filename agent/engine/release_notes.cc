#include "agent/engine/release_notes.h"

#include "base/str_cat.h"

namespace ignite::engine {
namespace {

constexpr std::string_view kCut = "\n[...]\n";

std::string Bounded(const std::string& text) {
  if (text.size() <= kMaxNote) return text;
  std::string beginning = text.substr(0, kMaxNote - kCut.size());
  // Where it is a single line: no letter of several bytes is cut in two.
  size_t end = beginning.rfind('\n');
  if (end == std::string::npos) {
    end = beginning.size();
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  }
  return StrCat(beginning.substr(0, end), kCut);
}

}  // namespace

std::vector<format::Note> NotesToKeep(const format::Manifest& manifest) {
  std::vector<format::Note> notes;
  for (const format::Note& note : manifest.notes) {
    if (note.language == "en" || note.language == "fr")
      notes.push_back({note.language, Bounded(note.text)});
  }
  return notes;
}

}  // namespace ignite::engine
