// What a SQLite database holds, in forms that can be compared.
#pragma once

#include <string>
#include <vector>

#include "migrations/sqlite_connection.h"

namespace ignite::migrations {

/// See SqlSession. In the text quotation marks around plain names, capitals, white space and the
/// order of columns do not count: SQLite changes them when it alters a table.
Result<std::string> SqliteSchemaText(SqliteConnection& connection);

Result<std::vector<std::string>> SqliteTableContents(SqliteConnection& connection);

}  // namespace ignite::migrations
