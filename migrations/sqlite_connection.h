// One connection to a SQLite database. Scripts run under an authorizer: no other database, no
// extension, no table of the engine.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/c_handle.h"
#include "base/result.h"
#include "migrations/sql_session.h"

namespace ignite::migrations {

class SqliteConnection : public SqlSession {
 public:
  /// kReadOnly writes nothing where there is no write-ahead log, or one with its index (-shm): not
  /// even the index. kExisting is an Error where there is no database.
  enum class Mode : uint8_t { kReadOnly, kExisting, kCreate };
  /// `name` is what errors call it; "the database PATH" where empty.
  static Result<SqliteConnection> Open(const std::string& path, Mode mode, std::string name = {});

  std::string_view OwnSchema() const override { return "main"; }
  Result<> Execute(const std::string& sql) override;
  Result<> Query(const std::string& sql, const Parameters& parameters, const Row& row) override;
  /// The same for rows of any size and type.
  using RawRow = std::function<void(sqlite3_stmt* row)>;
  Result<> EachRow(const std::string& sql, const Parameters& parameters, const RawRow& row);

  Result<> BeginMove(const Move& move) override;
  Result<> RunScript(std::string_view sql, Script script, std::string_view what) override;
  Result<> ExpectNoRow(const std::string& sql) override;

  Result<uint64_t> CountViolations() override;
  Result<bool> HasOwnTables() override;
  Result<bool> IsEmpty() override;
  Result<std::string> SchemaText() override;
  Result<std::vector<std::string>> TableContents() override;

  /// What SQLite says of the call that has just failed.
  Error Failure(std::string_view doing) const;
  sqlite3* handle() const { return handle_.get(); }
  const std::string& name() const { return name_; }

 private:
  SqliteConnection(sqlite3* handle, std::string name) : handle_(handle), name_(std::move(name)) {}

  CHandle<sqlite3, sqlite3_close_v2> handle_;
  std::string name_;
  bool may_break_foreign_keys_ = true;  ///< The move that has begun.
};

}  // namespace ignite::migrations
