// Runs a move on an open session: the order of things that makes it all or nothing, the same for
// every engine.
#pragma once

#include "base/result.h"
#include "migrations/sql_session.h"
#include "migrations/step.h"

namespace ignite::migrations {

/// Tells `on_step` of each step that begins. Does nothing where the database stands at the end of
/// the move already. After an Error the session is in a transaction that the caller takes back. A
/// COMMIT that failed may have committed: the caller looks.
Result<> RunMove(SqlSession& session, const Move& move, const OnStep& on_step);

}  // namespace ignite::migrations
