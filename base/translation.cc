#include "base/translation.h"

#include <libintl.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cstdlib>
#include <string>

namespace ignite {
namespace {

constexpr const char* kDomain = "ignite";

/// The C library translates in no locale called "C", whatever LANGUAGE says, so this one is taken,
/// which every Debian has; and only while a text is looked up, so that nothing else is translated.
locale_t Locale() {
  static const locale_t kLocale = newlocale(LC_MESSAGES_MASK, "C.UTF-8", nullptr);
  return kLocale;
}

std::string FolderOfProgram() {
  std::array<char, 4096> path{};
  ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  std::string program(path.data(), size < 0 ? 0 : static_cast<size_t>(size));
  return program.substr(0, program.find_last_of('/') + 1);
}

}  // namespace

void PrepareTranslation() {
  (void)setenv("LANGUAGE", "fr", 1);
  (void)bindtextdomain(kDomain, (FolderOfProgram() + "../share/locale").c_str());
  // Of the locale "C", that would be ASCII.
  (void)bind_textdomain_codeset(kDomain, "UTF-8");
}

std::string_view Speaker::operator()(const char* text) const {
  if (language_ == Language::kEnglish || Locale() == nullptr) return text;
  locale_t before = uselocale(Locale());
  const char* translated = dgettext(kDomain, text);
  (void)uselocale(before);
  return translated;
}

}  // namespace ignite
