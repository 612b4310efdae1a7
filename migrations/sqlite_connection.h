// One connection to a SQLite database for migrations: runs scripts that are not trusted with more
// than the tables of an application.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/c_handle.h"
#include "base/result.h"

namespace ignite::migrations {

class SqliteConnection {
 public:
  /// kReadOnly leaves no file behind. kExisting is an Error where there is no database.
  enum class Mode : uint8_t { kReadOnly, kExisting, kCreate };
  static Result<SqliteConnection> Open(const std::string& path, Mode mode);

  /// A statement of the engine's own.
  Result<> Execute(const std::string& sql);
  Result<> Run(const std::string& sql, const std::vector<std::string>& parameters);
  /// Calls `row` for each row with its columns as text, "" for NULL.
  using Row = std::function<void(const std::vector<std::string>& columns)>;
  Result<> Query(const std::string& sql, const std::vector<std::string>& parameters,
                 const Row& row);
  /// The same for rows of any size and type.
  using RawRow = std::function<void(sqlite3_stmt* row)>;
  Result<> EachRow(const std::string& sql, const std::vector<std::string>& parameters,
                   const RawRow& row);
  /// The first column of the first row; "" where there is none.
  Result<std::string> Value(const std::string& sql);

  enum class Script : uint8_t { kInTransaction, kOutside };
  /// Statements from a bundle or from the database itself, under an authorizer: no other
  /// database, no extension, no table of the engine. `what` names them in errors.
  Result<> RunScript(std::string_view sql, Script script, std::string_view what);

  /// kRefused where the query, which only reads, gives a row; its values are in the cause.
  Result<> ExpectNoRow(const std::string& sql);

  Error Failure(std::string_view doing) const;
  sqlite3* handle() const { return handle_.get(); }

 private:
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}

  CHandle<sqlite3, sqlite3_close_v2> handle_;
};

}  // namespace ignite::migrations
