// The numbered steps of a configuration or of a database: pairs of files N_NAME.up and N_NAME.down
// that lead from one version to the next and back. SPEC.md section 10.6.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ignite::format {

inline constexpr size_t kMaxSteps = 1000;

struct Step {
  uint64_t number = 0;  ///< 1 to Json::kMaxInteger.
  std::string name;     ///< A name of the format.
  std::string up;       ///< The file, right in the payload's folder.
  std::string down;     ///< Empty where there is no way back.

  bool operator==(const Step&) const = default;
};

/// What files of steps end in behind ".up" or ".down": programs in nothing, others in ".sql" or the
/// like.
using StepSuffixes = std::vector<std::string_view>;

struct StepFault {
  std::string file;
  std::string what;  ///< Follows the file's name: "is no step".
  std::string remedy;
};

/// The steps among the names of a folder, in their order. A name counts as meant for a step where
/// it begins with a digit, or ends in .up or .down and a suffix; every fault is told.
std::vector<Step> FindSteps(const std::vector<std::string>& names, const StepSuffixes& suffixes,
                            std::vector<StepFault>& faults);

/// Of the last step: what a component that has run all of them is at. 0 without steps.
uint64_t LastNumber(const std::vector<Step>& steps);

Json StepsToJson(const std::vector<Step>& steps);
/// kCorrupt unless the steps are what FindSteps gives for their files.
Result<std::vector<Step>> StepsFromJson(const Json::Array& array, const StepSuffixes& suffixes);

}  // namespace ignite::format
