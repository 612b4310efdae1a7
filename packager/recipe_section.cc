#include "packager/recipe_section.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::packager {

std::string RecipeSection::Required(std::string_view key, std::string_view example) {
  std::string value = Optional(key);
  if (!Has(key)) {
    Refuse(key, StrCat("[", Printable(section_.name), "] has no '", key, "'"),
           StrCat("add a line such as: ", key, " = ", example));
  } else if (value.empty()) {
    Refuse(key, StrCat("'", key, "' is empty"), StrCat("write for example: ", key, " = ", example));
  }
  return value;
}

std::string RecipeSection::Optional(std::string_view key) {
  const IniEntry* entry = section_.Find(key);
  return entry == nullptr ? std::string() : entry->value;
}

std::vector<std::string> RecipeSection::List(std::string_view key) {
  return SplitList(Optional(key));
}

std::string RecipeSection::RequiredWhole(std::string_view key, std::string_view example) {
  const IniEntry* entry = section_.Find(key);
  if (entry != nullptr && entry->cut_by_comment) {
    Refuse(key, StrCat("'", key, "' ends at ' ;', which begins a comment"),
           "write a semicolon without a space before it, and comments on lines of their own");
  }
  return Required(key, example);
}

void RecipeSection::Refuse(std::string_view key, std::string_view message,
                           std::string_view remedy) {
  faults_.push_back({LineOf(key), std::string(message), std::string(remedy)});
}

void RecipeSection::RefuseUnknownKeys(const std::vector<std::string_view>& known) {
  for (const IniEntry& entry : section_.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    faults_.push_back({entry.line, StrCat("unknown key '", Printable(entry.key), "'"),
                       SuggestWord(entry.key, known)});
  }
}

int RecipeSection::LineOf(std::string_view key) const {
  const IniEntry* entry = section_.Find(key);
  return entry == nullptr ? section_.line : entry->line;
}

}  // namespace ignite::packager
