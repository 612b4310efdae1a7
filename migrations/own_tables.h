// The engine's tables in a database, which are the same in SQLite and PostgreSQL:
//
//   ignite_migrations  a row for each applied step, with what takes it back
//   ignite_state       one row: version, release, baseline, and the schema that was left
//   ignite_history     a row for each step that ran, either way
//
// All but ReadState run in a transaction of the session.
#pragma once

#include "base/result.h"
#include "migrations/sql_session.h"
#include "migrations/step.h"

namespace ignite::migrations {

/// All of a DatabaseState but its size.
Result<DatabaseState> ReadState(SqlSession& session);

Result<> CreateOwnTables(SqlSession& session);
/// Writes down that the step of the move has run.
Result<> RecordStep(SqlSession& session, const Move& move, const Step& step);
/// Writes down that the database stands at the end of the move; drops the tables where that is
/// nowhere.
Result<> RecordEnd(SqlSession& session, const Move& move);

}  // namespace ignite::migrations
