#include "migrations/sqlite_schema.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/str_cat.h"
#include "migrations/sql_lexer.h"
#include "migrations/sql_text.h"

namespace ignite::migrations {
namespace {

constexpr const char* kObjects =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE "
    "'\\' AND tbl_name NOT LIKE 'ignite\\_%' ESCAPE '\\' ORDER BY type, name";

bool IsPlainName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string ComparableToken(const SqlToken& token) {
  std::string_view text = token.text;
  bool is_name = token.kind == SqlToken::Kind::kQuoted && text.front() != '\'';
  std::string_view inside = is_name ? text.substr(1, text.size() - 2) : text;
  bool fold = token.kind == SqlToken::Kind::kWord || (is_name && IsPlainName(inside));
  return fold ? LowerCase(inside) : std::string(text);
}

/// Puts the columns and constraints of a table in the order of their texts: a column that a way
/// back adds again is the last one.
void SortParts(std::vector<std::string>& tokens) {
  auto begin = std::find(tokens.begin(), tokens.end(), "(");
  if (begin == tokens.end()) return;
  std::vector<std::vector<std::string>> parts(1);
  int depth = 1;
  for (auto token = begin + 1; token != tokens.end(); ++token) {
    depth += *token == "(" ? 1 : *token == ")" ? -1 : 0;
    if (depth == 0) break;
    if (depth == 1 && *token == ",") {
      parts.emplace_back();
    } else {
      parts.back().push_back(*token);
    }
  }
  std::sort(parts.begin(), parts.end());
  auto place = begin + 1;
  for (std::vector<std::string>& part : parts) {
    if (place != begin + 1) *place++ = ",";
    place = std::move(part.begin(), part.end(), place);
  }
}

std::string ComparableForm(std::string_view sql, bool is_table) {
  std::vector<std::string> tokens;
  SqlLexer lexer(sql, Engine::kSqlite);
  while (auto token = lexer.Next()) {
    if (token->kind != SqlToken::Kind::kComment) tokens.push_back(ComparableToken(*token));
  }
  if (is_table) SortParts(tokens);
  std::string form;
  for (const std::string& token : tokens) form += StrCat(form.empty() ? "" : " ", token);
  return form;
}

/// FNV-1a, then the finalizer of MurmurHash3, so that sums of hashes tell rows apart. Both are in
/// the public domain: http://www.isthe.com/chongo/tech/comp/fnv/, MurmurHash3.cpp (fmix64).
class RowHash {
 public:
  void Add(const void* data, size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (size_t i = 0; i < size; ++i) state_ = (state_ ^ bytes[i]) * 0x100000001b3U;
  }
  uint64_t Finish() const {
    uint64_t hash = state_;
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdU;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53U;
    return hash ^ (hash >> 33);
  }

 private:
  uint64_t state_ = 0xcbf29ce484222325U;
};

uint64_t HashOfRow(sqlite3_stmt* statement) {
  RowHash hash;
  for (int column = 0; column < sqlite3_column_count(statement); ++column) {
    auto type = static_cast<char>(sqlite3_column_type(statement, column));
    hash.Add(&type, 1);
    if (type == SQLITE_NULL) continue;
    // A number as its text, which is exact for integers and the shortest for others.
    const void* data = type == SQLITE_BLOB ? sqlite3_column_blob(statement, column)
                                           : sqlite3_column_text(statement, column);
    int size = sqlite3_column_bytes(statement, column);
    hash.Add(&size, sizeof size);
    hash.Add(data, static_cast<size_t>(size));
  }
  return hash.Finish();
}

/// The columns by name: a table that was rebuilt may have them in another order.
Result<std::string> ColumnsOf(SqliteConnection& connection, const std::string& table) {
  std::string columns;
  TRY(connection.Query("SELECT name FROM pragma_table_info(?) ORDER BY name", {table},
                       [&](const std::vector<std::string>& row) {
                         columns += StrCat(columns.empty() ? "" : ", ", QuotedName(row[0]));
                       }));
  return columns;
}

Result<std::string> ContentOf(SqliteConnection& connection, const std::string& table) {
  std::string columns = TRY(ColumnsOf(connection, table));
  std::string sql = StrCat("SELECT ", columns, " FROM ", QuotedName(table));
  uint64_t rows = 0;
  uint64_t sum = 0;
  TRY(connection.EachRow(sql, {}, [&](sqlite3_stmt* statement) {
    ++rows;
    sum += HashOfRow(statement);
  }));
  std::array<char, 17> digest{};
  (void)snprintf(digest.data(), digest.size(), "%016llx", static_cast<unsigned long long>(sum));
  return StrCat(table, ": ", rows, " rows, ", digest.data());
}

}  // namespace

Result<std::string> SqliteSchemaText(SqliteConnection& connection) {
  std::string text;
  TRY(connection.Query(kObjects, {}, [&](const std::vector<std::string>& row) {
    text += StrCat(row[0], " ", row[1], ": ", ComparableForm(row[3], row[0] == "table"), "\n");
  }));
  return text;
}

Result<std::vector<std::string>> SqliteTableContents(SqliteConnection& connection) {
  std::vector<std::string> tables;
  TRY(connection.Query(kObjects, {}, [&](const std::vector<std::string>& row) {
    if (row[0] == "table") tables.push_back(row[1]);
  }));
  std::vector<std::string> contents;
  for (const std::string& table : tables) contents.push_back(TRY(ContentOf(connection, table)));
  return contents;
}

}  // namespace ignite::migrations
