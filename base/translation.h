// The second language of what ignite writes for people, by the gettext of the C library. The text
// in the source is the English one; po/fr.po has the French. `tests/lint/translation.py` holds that
// nothing is missing there.
#pragma once

#include <cstdint>
#include <string_view>

namespace ignite {

enum class Language : uint8_t { kEnglish, kFrench };

/// Once, at the start of a program, before it has a thread. Finds the catalogs beside the program,
/// in ../share/locale; where they are not, everything is English. No other text of this process,
/// such as that of strerror, changes its language by it.
void PrepareTranslation();

/// Marks a text of a table for the catalog.
constexpr const char* Msgid(const char* text) { return text; }

/// A language to say things in: Speaker say(language); say("State:").
class Speaker {
 public:
  explicit Speaker(Language language) : language_(language) {}
  /// `text` is a text of the source. English where there is no translation.
  std::string_view operator()(const char* text) const;
  Language language() const { return language_; }

 private:
  Language language_;
};

}  // namespace ignite
