#include "packager/notes.h"

#include <algorithm>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "packager/recipe.h"

namespace ignite::packager {
namespace {

struct NoteFile {
  std::string language;
  std::string path;
};

bool IsLanguage(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// The translations beside `path`.
std::vector<NoteFile> FindTranslations(FileSystem& files, const std::string& path) {
  std::vector<NoteFile> found;
  std::string name = path.substr(path.rfind('/') + 1);
  size_t dot = std::min(name.rfind('.'), name.size());
  std::string stem = name.substr(0, dot) + ".";
  std::string extension = name.substr(dot);
  auto names = files.List(ParentOf(path));
  if (!names) return found;
  for (const std::string& other : *names) {
    if (other == name || !other.starts_with(stem) || !other.ends_with(extension)) continue;
    if (other.size() != stem.size() + 2 + extension.size()) continue;
    std::string language = other.substr(stem.size(), 2);
    if (IsLanguage(language)) found.push_back({language, StrCat(ParentOf(path), "/", other)});
  }
  return found;
}

}  // namespace

std::vector<format::Note> ReadNotes(RecipeSection& section, const std::string& folder) {
  std::vector<format::Note> notes;
  std::string name = section.Required("notes", "notes.md");
  if (name.empty()) return notes;
  auto files = MakePosixFileSystem();
  std::string path = BesideRecipe(folder, name);
  std::vector<NoteFile> note_files = FindTranslations(*files, path);
  note_files.insert(note_files.begin(), NoteFile{"en", path});
  for (const NoteFile& file : note_files) {
    auto text = files->ReadFile(file.path, kMaxNoteSize);
    if (!text) {
      section.Refuse("notes", Printable(text.error().cause),
                     StrCat("notes are a text file of at most ", kMaxNoteSize, " bytes"));
    } else if (!IsUtf8(*text) || text->find('\0') != std::string::npos) {
      section.Refuse("notes", StrCat(Printable(file.path), " is no UTF-8 text"),
                     "save the file as UTF-8");
    } else if (&file != note_files.data() && file.language == "en") {
      section.Refuse("notes", StrCat(Printable(file.path), " is a second English text"),
                     StrCat("the plain file, ", Printable(name), ", is the English one; keep one"));
    } else {
      notes.push_back({file.language, *std::move(text)});
    }
  }
  return notes;
}

}  // namespace ignite::packager
