// `ignite adopt`: deployment 1 out of what a probe runs already, so that its first update can be
// taken back like any other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ignite::engine {

/// A folder that becomes a component of the payload type `tree`.
struct AdoptedTree {
  std::string component;  ///< "app/web"
  std::string version;
  std::string path;                ///< Probe path: its files are copied to PATH/releases/ID.
  std::vector<std::string> units;  ///< As in a recipe.
};

struct Adoption {
  std::string version;  ///< Of the deployment.
  uint32_t epoch = 1;   ///< A bundle of a higher one closes the way back.
  std::vector<AdoptedTree> trees;

  /// An INI file with [deployment] version and, where it is not 1, epoch, and for each component
  /// [component NAME] path, and where they are given version and units. kInvalidArgument with every
  /// fault, each with its line.
  static Result<Adoption> Parse(std::string_view file_name, std::string_view text);
};

}  // namespace ignite::engine
