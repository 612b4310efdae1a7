// The symbolic links at fixed places outside a release, which lead through the probe's `active`
// into the live release: PATH/current, and those of a recipe. The one switch moves them all;
// activation only makes those that are new and removes those that the new release no longer has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/engine/probe_paths.h"
#include "agent/engine/verdict.h"
#include "base/file_system.h"

namespace ignite::handlers {

/// A link at a fixed place, and the probe path it must lead to.
struct FixedLink {
  std::string at;
  std::string target;

  /// PATH/current of a component.
  static FixedLink Current(std::string_view path, std::string_view component);
};

class FixedLinks {
 public:
  FixedLinks(FileSystem& files, const engine::ProbePaths& paths) : files_(files), paths_(paths) {}

  /// What stands in the way of a component at `path` with the `wanted` links, where the `present`
  /// ones are its own: findings of the check "targets".
  Result<std::vector<engine::CheckResult>> FindObstacles(
      const std::string& path, const std::vector<FixedLink>& wanted,
      const std::vector<FixedLink>& present) const;
  /// What to do with something at the place of a wanted link that is not ignite's.
  enum class Foreign : uint8_t { kRefused, kLeft };
  /// Makes the wanted links and removes the others of `given_up`.
  Result<> Move(const std::vector<FixedLink>& given_up, const std::vector<FixedLink>& wanted,
                Foreign foreign);
  /// A line for each link that is not as it should be.
  Result<std::vector<std::string>> FindDifferences(const std::vector<FixedLink>& links) const;

 private:
  enum class Standing : uint8_t { kNothing, kOurs, kForeign };
  Result<std::string> LinkText(const FixedLink& link) const;
  /// What stands at the place of `link`. Ours is `link` itself, or the one of `others` that has the
  /// same place.
  Result<Standing> StandingAt(const FixedLink& link, const std::vector<FixedLink>& others) const;
  /// Why no folder can be made at this probe path; nullopt where one is or can be.
  Result<std::optional<std::string>> BlockedFolder(const std::string& folder) const;

  FileSystem& files_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
