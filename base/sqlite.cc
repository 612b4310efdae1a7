#include "base/sqlite.h"

#include <sqlite3.h>

#include <cerrno>

#include "base/str_cat.h"

namespace ignite {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

Error SqliteError(sqlite3* handle, std::string_view doing) {
  int code = handle == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle);
  std::string cause =
      StrCat(doing, ": ", handle == nullptr ? "out of memory" : sqlite3_errmsg(handle));
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kNoSpace,
              StrCat("writing ", sqlite3_db_filename(handle, "main"), ": no space is left"),
              "free space on that file system and try again"};
    case SQLITE_CANTOPEN:
      // A database that is there but may not be read must not pass for one that is not there.
      if (int number = sqlite3_system_errno(handle); number == EACCES || number == EPERM)
        return SystemError(doing, number);
      return {ErrorCode::kNotFound, std::move(cause),
              "check that the database exists and can be opened"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::kIo, std::move(cause), "restore the database from a backup"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kBusy, std::move(cause), "try again when the other program is done"};
    default:
      return {ErrorCode::kIo, std::move(cause),
              "check the disk and the kernel log, then try again"};
  }
}

}  // namespace

int CloseSqlite(sqlite3* handle) noexcept { return sqlite3_close_v2(handle); }
int FinalizeSqlite(sqlite3_stmt* handle) noexcept { return sqlite3_finalize(handle); }

Result<Sqlite> Sqlite::Open(const std::string& path, Mode mode) {
  int flags =
      mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  int result = sqlite3_open_v2(path.c_str(), &handle,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Sqlite database(handle);
  if (result != SQLITE_OK) return SqliteError(handle, StrCat("opening the database ", path));
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // The file itself is not read before the first statement that needs it: the last one here.
  constexpr const char* kFirst =
      "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA schema_version";
  if (!database.Execute(kFirst)) return SqliteError(handle, StrCat("opening the database ", path));
  return database;
}

Result<> Sqlite::Execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return SqliteError(handle_.get(), StrCat("running ", sql.substr(0, 60)));
  }
  return {};
}

Result<SqliteStatement> Sqlite::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK) {
    return SqliteError(handle_.get(), StrCat("preparing ", sql.substr(0, 60)));
  }
  return SqliteStatement(statement);
}

int64_t Sqlite::LastInsertId() const { return sqlite3_last_insert_rowid(handle_.get()); }

SqliteStatement& SqliteStatement::Bind(int64_t value) {
  bind_result_ |= sqlite3_bind_int64(handle_.get(), next_parameter_++, value);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(std::string_view value) {
  bind_result_ |=
      sqlite3_bind_text64(handle_.get(), next_parameter_++, value.empty() ? "" : value.data(),
                          value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::BindNull() {
  bind_result_ |= sqlite3_bind_null(handle_.get(), next_parameter_++);
  return *this;
}

Result<bool> SqliteStatement::Step() {
  if (bind_result_ != SQLITE_OK)
    return SqliteError(sqlite3_db_handle(handle_.get()), "binding a value");
  switch (sqlite3_step(handle_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return SqliteError(
          sqlite3_db_handle(handle_.get()),
          StrCat("running ", std::string_view(sqlite3_sql(handle_.get())).substr(0, 60)));
  }
}

Result<> SqliteStatement::Run() {
  while (TRY(Step())) {
  }
  return {};
}

int64_t SqliteStatement::Integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string SqliteStatement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_.get(), column);
  int size = sqlite3_column_bytes(handle_.get(), column);
  return text == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
}

bool SqliteStatement::IsNull(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

}  // namespace ignite
