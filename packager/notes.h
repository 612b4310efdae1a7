// The release notes of a bundle, by language.
#pragma once

#include <string>
#include <vector>

#include "packager/recipe_section.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::packager {

/// The file that the key `notes` names is the English text; every STEM.LL.EXT beside it, LL being
/// two lower-case letters, is the text in that language. English first, then by language. Faults go
/// through the section.
std::vector<format::Note> ReadNotes(RecipeSection& section, const std::string& folder);

}  // namespace ignite::packager
