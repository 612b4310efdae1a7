// One section of a recipe while it is read: takes the values, collects what is wrong with them.
//
// Used by recipe.cc for [bundle] and [health] and by each payload type for its own keys. A fault
// never ends the reading, so that a release engineer sees all faults of a recipe at once; after a
// fault the value is empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ini.h"

namespace ignite::packager {

class RecipeSection {
 public:
  RecipeSection(const IniSection& section, std::vector<Fault>& faults)
      : section_(section), faults_(faults) {}

  /// `example` shows a right value where there is none.
  std::string Required(std::string_view key, std::string_view example);
  /// Empty where absent.
  std::string Optional(std::string_view key);
  std::vector<std::string> List(std::string_view key);
  /// For values in which a semicolon has a meaning: one that ended at " ;" is a fault.
  std::string RequiredWhole(std::string_view key, std::string_view example);

  /// Records a fault of this value, at its line or, where it is absent, at the section's.
  void Refuse(std::string_view key, std::string_view message, std::string_view remedy);
  /// Every key that is not one of these is a fault that names the nearest.
  void RefuseUnknownKeys(const std::vector<std::string_view>& known);

  bool Has(std::string_view key) const { return section_.Find(key) != nullptr; }
  int LineOf(std::string_view key) const;

 private:
  const IniSection& section_;
  std::vector<Fault>& faults_;
};

}  // namespace ignite::packager
