// Where a database stands, and what the engine's tables say: the same for every engine.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "migrations/step.h"

namespace ignite::migrations {

bool StandsAtEnd(const DatabaseState& state, const Move& move);
/// kRefused, where the database stands elsewhere.
Result<> CheckStandsAtStart(const DatabaseState& state, const Move& move);

/// Gives the columns that AppliedFromRow takes.
inline constexpr const char* kReadApplied =
    "SELECT number, name, traits, program, release, down IS NOT NULL, down FROM ignite_migrations "
    "ORDER BY number";
AppliedStep AppliedFromRow(const std::vector<std::string>& columns);
/// As the column `traits` has them.
std::string TraitsText(const StepTraits& traits);

}  // namespace ignite::migrations
