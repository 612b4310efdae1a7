// What a SQLite database holds, in forms that can be compared.
#pragma once

#include <string>

#include "migrations/database.h"
#include "migrations/sqlite_connection.h"

namespace ignite::migrations {

/// Each table, index, view and trigger of the application on a line, by type and name. Quotation
/// marks around plain names, capitals and white space do not count: SQLite changes them when it
/// alters a table.
Result<std::string> SchemaText(SqliteConnection& connection);

/// A line for each table of the application.
Result<std::vector<std::string>> TableContents(SqliteConnection& connection);

}  // namespace ignite::migrations
