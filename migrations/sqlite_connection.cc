#include "migrations/sqlite_connection.h"

#include <algorithm>
#include <system_error>

#include "base/c_handle.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/sql_lexer.h"
#include "migrations/sql_text.h"
#include "migrations/sqlite_schema.h"

namespace ignite::migrations {
namespace {

constexpr int kBusyTimeoutMs = 30'000;
constexpr std::string_view kOwnPrefix = "ignite_";

using Statement = CHandle<sqlite3_stmt, sqlite3_finalize>;

bool IsOwnTable(const char* name) {
  return name != nullptr && std::string_view(name).starts_with(kOwnPrefix);
}

int Authorize(void* context, int action, const char* first, const char* second,
              const char* database, const char*) {
  bool in_transaction =
      *static_cast<SqliteConnection::Script*>(context) == SqliteConnection::Script::kInTransaction;
  // VACUUM copies all tables, those of the engine as well, to a file without a name.
  if (!in_transaction && database != nullptr && std::string_view(database) == "vacuum_db")
    return SQLITE_OK;
  switch (action) {
    case SQLITE_ATTACH:
      return !in_transaction && first != nullptr && *first == '\0' ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_DETACH:
      return SQLITE_DENY;
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return in_transaction ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
      return first != nullptr && IsHarmlessPragma(first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return second != nullptr && std::string_view(second) == "load_extension" ? SQLITE_DENY
                                                                               : SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
      return IsOwnTable(first) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_INDEX:
      return IsOwnTable(second) ? SQLITE_DENY : SQLITE_OK;
    default:
      return SQLITE_OK;
  }
}

/// Holds the authorizer while a script runs.
class UnderAuthorizer {
 public:
  UnderAuthorizer(sqlite3* handle, SqliteConnection::Script& script) : handle_(handle) {
    (void)sqlite3_set_authorizer(handle, Authorize, &script);
  }
  ~UnderAuthorizer() { (void)sqlite3_set_authorizer(handle_, nullptr, nullptr); }
  UnderAuthorizer(const UnderAuthorizer&) = delete;
  UnderAuthorizer& operator=(const UnderAuthorizer&) = delete;

 private:
  sqlite3* handle_;
};

/// Whether the text may leave rows without their parents, or a key that is none, although SQLite
/// enforces foreign keys. It does not where a parent goes that has lost the index of its key, and
/// takes a reference to what is no key. Rows alone cannot get around it, and no pragma that a step
/// may use.
bool MayBreakForeignKeys(std::string_view sql) {
  SqlLexer lexer(sql, Engine::kSqlite);
  while (auto token = lexer.Next()) {
    if (token->kind != SqlToken::Kind::kWord) continue;
    std::string word = LowerCase(token->text);
    if (word == "drop" || word == "rename" || word == "references") return true;
  }
  return lexer.fault().has_value();
}

std::ptrdiff_t LineAt(std::string_view text, size_t place) {
  std::string_view before = text.substr(0, place);
  return 1 + std::count(before.begin(), before.end(), '\n');
}

int OpenFlags(SqliteConnection::Mode mode) {
  int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case SqliteConnection::Mode::kReadOnly:
      return common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    case SqliteConnection::Mode::kExisting:
      return common | SQLITE_OPEN_READWRITE;
    case SqliteConnection::Mode::kCreate:
      break;
  }
  return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

/// The path as a URI, which alone can say that the index of a log is not to be written either.
std::string ReadOnlyUri(const std::string& path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (char c : path) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      uri.push_back(c);
    }
  }
  return uri + "?readonly_shm=1";
}

}  // namespace

Result<SqliteConnection> SqliteConnection::Open(const std::string& path, Mode mode,
                                                std::string name) {
  sqlite3* handle = nullptr;
  std::string file = mode == Mode::kReadOnly ? ReadOnlyUri(path) : path;
  int opened = sqlite3_open_v2(file.c_str(), &handle, OpenFlags(mode), nullptr);
  SqliteConnection connection(handle, name.empty() ? StrCat("the database ", path) : name);
  std::string doing = StrCat("opening ", connection.name());
  if (opened != SQLITE_OK) return connection.Failure(doing);
  (void)sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // TRUSTED_SCHEMA stays on: off, SQLite 3.40 takes json_valid() in a CHECK and json_extract() in
  // an index for unsafe. What could do harm (load_extension, fts3_tokenizer) is kept out of schemas
  // either way, we add no functions, and we run as an account that can write the schema anyway.
  // What was acknowledged must survive a power cut, also where the application is content with
  // less.
  constexpr const char* kFirst =
      "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA synchronous = EXTRA;";
  if (!connection.Execute(kFirst)) return connection.Failure(doing);
  return connection;
}

Result<> SqliteConnection::Execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return Failure(StrCat("running ", sql.substr(0, 60)));
  return {};
}

Result<> SqliteConnection::Query(const std::string& sql, const Parameters& parameters,
                                 const Row& row) {
  std::vector<std::string> columns;
  return EachRow(sql, parameters, [&](sqlite3_stmt* statement) {
    columns.clear();
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      const unsigned char* text = sqlite3_column_text(statement, column);
      auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
      columns.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text), size);
    }
    row(columns);
  });
}

Result<> SqliteConnection::EachRow(const std::string& sql, const Parameters& parameters,
                                   const RawRow& row) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(handle(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr) !=
      SQLITE_OK)
    return Failure(StrCat("preparing ", sql.substr(0, 60)));
  Statement statement(prepared);
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i]) continue;  // What is not bound is NULL.
    (void)sqlite3_bind_text64(prepared, static_cast<int>(i) + 1, parameters[i]->data(),
                              parameters[i]->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  for (;;) {
    int step = sqlite3_step(prepared);
    if (step == SQLITE_DONE) return {};
    if (step != SQLITE_ROW) return Failure(StrCat("running ", sql.substr(0, 60)));
    row(prepared);
  }
}

Result<> SqliteConnection::BeginMove(const Move& move) {
  bool foreign_keys = true;
  may_break_foreign_keys_ = false;
  for (const Step& step : move.steps) {
    foreign_keys &= !step.traits.foreign_keys_off;
    may_break_foreign_keys_ |=
        MayBreakForeignKeys(move.direction == Direction::kUp ? step.up : step.down.value_or(""));
  }
  may_break_foreign_keys_ |= !foreign_keys;
  TRY(Execute(StrCat("PRAGMA foreign_keys = ", foreign_keys ? "ON" : "OFF")));
  return Execute("BEGIN IMMEDIATE");
}

Result<> SqliteConnection::RunScript(std::string_view sql, Script script, std::string_view what) {
  // SQLite never gets beyond one.
  if (size_t nul = sql.find('\0'); nul != std::string_view::npos) {
    return Error{ErrorCode::kRefused, StrCat(what, ", line ", LineAt(sql, nul), ": a NUL byte"),
                 "remove it"};
  }
  UnderAuthorizer guard(handle(), script);
  std::string_view rest = sql;
  while (!rest.empty()) {
    sqlite3_stmt* prepared = nullptr;
    const char* tail = nullptr;
    int result =
        sqlite3_prepare_v2(handle(), rest.data(), static_cast<int>(rest.size()), &prepared, &tail);
    Statement statement(prepared);
    while (result == SQLITE_OK && prepared != nullptr) {
      result = sqlite3_step(prepared);
      if (result == SQLITE_ROW) result = SQLITE_OK;
    }
    if (result != SQLITE_OK && result != SQLITE_DONE) {
      size_t place = static_cast<size_t>(rest.data() - sql.data());
      // Where SQLite knows no place, the statement itself: behind the space that goes before it.
      int offset = sqlite3_error_offset(handle());
      place += offset >= 0 ? static_cast<size_t>(offset)
                           : std::min(rest.find_first_not_of(" \t\r\n"), rest.size());
      return Failure(StrCat(what, ", line ", LineAt(sql, place)));
    }
    rest.remove_prefix(static_cast<size_t>(tail - rest.data()));
  }
  // A trigger's RAISE(ROLLBACK) ends the transaction behind the back of the authorizer.
  if (script == Script::kInTransaction && sqlite3_get_autocommit(handle()) != 0) {
    return Error{ErrorCode::kRefused, StrCat(what, " ended the transaction"),
                 "correct the step: it must not end its own transaction"};
  }
  return {};
}

Result<> SqliteConnection::ExpectNoRow(const std::string& sql) {
  Script script = Script::kInTransaction;
  UnderAuthorizer guard(handle(), script);
  std::string found;
  TRY(EachRow(sql, {}, [&](sqlite3_stmt* statement) {
    if (!found.empty()) return;
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      const unsigned char* text = sqlite3_column_text(statement, column);
      found += StrCat(found.empty() ? "" : ", ",
                      text == nullptr ? "NULL" : reinterpret_cast<const char*>(text));
    }
  }));
  return found.empty() ? Result<>() : FoundByVerify(sql, found);
}

/// An application may live with some, so only their number counts. It takes a search of all rows.
Result<uint64_t> SqliteConnection::CountViolations() {
  if (!may_break_foreign_keys_) return uint64_t{0};
  auto count = TRY(Value("SELECT count(*) FROM pragma_foreign_key_check"));
  return ParseNumber(count).value_or(0);
}

Result<bool> SqliteConnection::HasOwnTables() {
  return TRY(Value("SELECT count(*) FROM sqlite_schema WHERE name = 'ignite_state'")) == "1";
}

Result<bool> SqliteConnection::IsEmpty() { return TRY(SchemaText()).empty(); }

Result<std::string> SqliteConnection::SchemaText() { return SqliteSchemaText(*this); }

Result<std::vector<std::string>> SqliteConnection::TableContents() {
  return SqliteTableContents(*this);
}

Error SqliteConnection::Failure(std::string_view doing) const {
  if (handle() == nullptr) return {ErrorCode::kIo, StrCat(doing, ": out of memory"), "free memory"};
  std::string cause = StrCat(doing, ": ", sqlite3_errmsg(handle()));
  switch (sqlite3_extended_errcode(handle()) & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kNoSpace, std::move(cause),
              "free space on that file system and try again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kBusy, StrCat(cause, ": another program holds ", name_),
              "stop what uses the database, or name its unit in 'units =' of the application; one "
              "that keeps it locked for itself (locking_mode = exclusive) must be stopped before "
              "'ignite plan' and 'ignite install', which read the database"};
    case SQLITE_AUTH:
      return {ErrorCode::kRefused, StrCat(cause, ": a migration may not do this"),
              "change the step: it may change the tables of its own database and nothing else"};
    case SQLITE_CANTOPEN:
      if (int number = sqlite3_system_errno(handle()); number != 0)
        cause += StrCat(": ", std::generic_category().message(number));
      return {ErrorCode::kNotFound, std::move(cause),
              "check that the file exists, and that its owner may write to its folder"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::kIo, std::move(cause),
              "give the database and its folder to one user, who may write to both"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      // Whatever was being done is not to blame.
      return {ErrorCode::kIo, StrCat(name_, " is damaged: ", sqlite3_errmsg(handle())),
              "restore the database from a backup"};
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return {ErrorCode::kIo, std::move(cause), "see the log of the machine, then try again"};
    default:
      return {ErrorCode::kRefused, std::move(cause),
              "try the step on a copy of the database, and correct it"};
  }
}

}  // namespace ignite::migrations
