// Tries the steps of a migrations payload on a copy of a sample, so that a down that does not undo
// its up is found before there is a bundle.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "migrations/step.h"
#include "packager/payload_type.h"
#include "packager/sample.h"
#include "payload-format/steps/step.h"

namespace ignite::packager {

/// What a payload says of its steps.
struct StepsToTry {
  std::vector<migrations::Step> steps;  ///< In their order, with their texts.
  std::vector<format::Step> files;      ///< The same steps.
  std::vector<std::string> verify;      ///< Queries that must give no row behind the last step.
  int64_t baseline = 0;
  /// Writes the source to a new folder, so that its programs can be run there.
  std::function<Result<>(const std::string& folder)> unpack;
};

/// Each step that the sample does not have yet by itself: up, down, up again; one without a down,
/// or that is lossy, up only. Then, on a new copy, all at once, as a probe runs them. Programs run
/// as who calls. kRefused names step, file and the first difference.
Result<Rehearsal> RehearseSteps(const Sample& sample, const StepsToTry& what,
                                const std::function<void(std::string_view)>& show);

}  // namespace ignite::packager
