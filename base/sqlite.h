// A SQLite database, opened the way this project trusts: checked prepared statements, errors as
// values.
//
// The only header through which the rest of the project uses SQLite.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ignite {

int CloseSqlite(sqlite3* handle) noexcept;
int FinalizeSqlite(sqlite3_stmt* handle) noexcept;

/// One prepared statement. Bind in order, then Step until it gives false.
class SqliteStatement {
 public:
  SqliteStatement& Bind(int64_t value);
  SqliteStatement& Bind(std::string_view value);
  SqliteStatement& BindNull();

  /// True while there is a row. An error of a COMMIT or of a write means "unknown": see
  /// Sqlite::Execute.
  Result<bool> Step();
  /// For statements that give no row.
  Result<> Run();

  int64_t Integer(int column) const;
  std::string Text(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Sqlite;
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const noexcept { (void)FinalizeSqlite(handle); }
  };
  explicit SqliteStatement(sqlite3_stmt* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
  int next_parameter_ = 1;
  int bind_result_ = 0;
};

class Sqlite {
 public:
  enum class Mode { kReadOnly, kReadWriteCreate };

  /// kNotFound where a read-only database does not exist, else kIo, also where it is damaged:
  /// kCorrupt is for bundles.
  static Result<Sqlite> Open(const std::string& path, Mode mode);

  /// Runs statements that give no rows. A failed COMMIT may have committed: after an error the
  /// caller closes, opens again and reads what is there.
  Result<> Execute(const std::string& sql);
  Result<SqliteStatement> Prepare(std::string_view sql);
  int64_t LastInsertId() const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const noexcept { (void)CloseSqlite(handle); }
  };
  explicit Sqlite(sqlite3* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3, Closer> handle_;
};

}  // namespace ignite
