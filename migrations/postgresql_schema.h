// What a PostgreSQL database holds, in forms that can be compared.
#pragma once

#include <string>
#include <vector>

#include "migrations/sql_session.h"

namespace ignite::migrations {

/// See SqlSession. The order of columns does not count, for a column that a way back adds again is
/// the last one. The session's search_path is pg_catalog, so that every name is in full.
Result<bool> PostgresqlIsEmpty(SqlSession& session);
Result<std::string> PostgresqlSchemaText(SqlSession& session);
Result<std::vector<std::string>> PostgresqlTableContents(SqlSession& session);

}  // namespace ignite::migrations
