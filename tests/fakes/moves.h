// Steps and moves for tests of the migration engine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "migrations/step.h"

namespace ignite::fakes {

inline migrations::Step MakeStep(int64_t number, std::string up, std::optional<std::string> down,
                                 migrations::StepTraits traits = {}) {
  return {number, StrCat("s", number), std::move(up), std::move(down), traits, false};
}

/// To the number of the last step.
inline migrations::Move Up(std::string from, int64_t from_version, std::string to,
                           std::vector<migrations::Step> steps) {
  migrations::Move move;
  move.from_release = std::move(from);
  move.from_version = from_version;
  move.to_release = std::move(to);
  move.to_version = steps.empty() ? from_version : steps.back().number;
  move.steps = std::move(steps);
  return move;
}

}  // namespace ignite::fakes
