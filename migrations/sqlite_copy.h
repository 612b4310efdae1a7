// SQLite databases as a whole: copied, checked, removed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ignite::migrations {

class SqliteConnection;

/// `to` becomes what `from` is at one moment, whoever writes there.
Result<> CopyPages(SqliteConnection& from, SqliteConnection& to);

/// kIo: of the database `name` this was found.
Error Damaged(std::string_view name, std::string_view found);
/// Damaged where the check, a PRAGMA, finds something.
Result<> CheckWhole(SqliteConnection& connection, std::string_view check);

/// With the files that SQLite makes beside it; what is not there is no error.
Result<> RemoveSqlite(const std::string& path);

/// Makes a whole database at `to` out of one that is not ours: in the one at `path` and beside it
/// nothing is written, whether an application has it open, was killed and has left a transaction
/// half done, or may write there what we may not. An application without a write-ahead log cannot
/// commit meanwhile. `name` is what errors call the database. kBusy where it is held for longer
/// than half a minute.
Result<> CopyUntouched(const std::string& path, const std::string& to, const std::string& name);

}  // namespace ignite::migrations
