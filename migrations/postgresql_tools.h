// What PostgreSQL's own programs do for us: pg_dump, pg_restore and psql.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace ignite::migrations {

/// A database as its programs are told of it.
struct PostgresqlPlace {
  std::string address;  ///< A connection string of libpq.
  std::string owner;    ///< The role to act as.
};

/// Writes a dump in the custom format, and reads it back to its end.
Result<> DumpDatabase(const PostgresqlPlace& place, const std::string& path);

/// Makes the database what the dump says, in one transaction: all objects but those of extensions
/// that others own go before those of the dump come.
Result<> RestoreDump(const PostgresqlPlace& place, const std::string& path);

/// Copies into an empty database, with these rows.
enum class CopyRows : uint8_t { kAll, kOwnTables, kNone };
Result<> CopyDatabase(const PostgresqlPlace& from, const PostgresqlPlace& to, CopyRows rows);

}  // namespace ignite::migrations
