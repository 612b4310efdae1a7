// A recipe: the INI file that says what goes into a bundle. docs and design.md section 6 have an
// example.
//
// Sections: one [bundle], a [payload NAME] for each payload, a [health NAME] for each health check.
// ReadRecipe collects every fault of the file, each with its line, what is wrong and what would be
// right. Paths go from the recipe's folder. It reads the notes and looks whether sources are there;
// the sources themselves are read by PayloadInput::Collect.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ini.h"
#include "base/result.h"
#include "packager/payload_type.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::packager {

inline constexpr size_t kMaxRecipeSize = 1024 * 1024;
inline constexpr size_t kMaxNoteSize = 64 * 1024;

struct PayloadRecipe {
  std::string name;
  std::string type;
  std::string component;
  std::string version;  ///< Empty where the section has none: its source's, else the bundle's.
  std::vector<format::DataRange> reads;
  int reads_line = 0;
  std::unique_ptr<PayloadInput> input;
};

struct Recipe {
  std::string file;           ///< As it was given, for faults.
  format::Manifest manifest;  ///< All that the recipe alone decides: without payloads.
  std::vector<PayloadRecipe> payloads;
};

/// kInvalidArgument with all faults, a line each, also where the file cannot be read.
Result<Recipe> ReadRecipe(const std::string& path);
/// The same of a text; `file` is for faults, `folder` is where its paths begin.
Result<Recipe> ParseRecipe(std::string_view text, const std::string& file,
                           const std::string& folder);

}  // namespace ignite::packager
