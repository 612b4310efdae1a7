// Where a database stands, and where a move wants it.
#pragma once

#include "base/result.h"
#include "migrations/step.h"

namespace ignite::migrations {

bool StandsAtEnd(const DatabaseState& state, const Move& move);
/// kRefused, where the database stands elsewhere.
Result<> CheckStandsAtStart(const DatabaseState& state, const Move& move);

}  // namespace ignite::migrations
