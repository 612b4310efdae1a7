// One connection to a database, whichever engine it is of: what the runner of moves asks of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "migrations/step.h"

namespace ignite::migrations {

class SqlSession {
 public:
  virtual ~SqlSession() = default;

  /// The schema that holds the engine's own tables.
  virtual std::string_view OwnSchema() const = 0;
  /// Statements of the engine's own, without parameters and rows.
  virtual Result<> Execute(const std::string& sql) = 0;
  /// One statement of the engine's own, with the parameters $1, $2... in the order of their first
  /// use; nullopt is NULL. Calls `row` for each row with its columns as text, "" for NULL.
  using Parameters = std::vector<std::optional<std::string>>;
  using Row = std::function<void(const std::vector<std::string>& columns)>;
  virtual Result<> Query(const std::string& sql, const Parameters& parameters, const Row& row) = 0;

  /// Makes the connection what the steps of the move need, and begins a transaction.
  virtual Result<> BeginMove(const Move& move) = 0;
  enum class Script : uint8_t { kInTransaction, kOutside };
  /// Statements from a bundle or from the database itself, which are not trusted with more than
  /// the tables of an application. `what` names them in errors. kRefused where they end the
  /// transaction.
  virtual Result<> RunScript(std::string_view sql, Script script, std::string_view what) = 0;
  /// kRefused where the query, which only reads, gives a row; its values are in the cause.
  virtual Result<> ExpectNoRow(const std::string& sql) = 0;

  /// How many rows refer to rows that are not there; 0 where the engine does not let the move that
  /// has begun add to them.
  virtual Result<uint64_t> CountViolations() = 0;
  /// Whether the engine's own tables are there.
  virtual Result<bool> HasOwnTables() = 0;
  /// Whether there is no table, view or the like besides the engine's.
  virtual Result<bool> IsEmpty() = 0;
  /// Each object of the application on a line, by type and name, in a form that can be compared.
  virtual Result<std::string> SchemaText() = 0;
  /// A line for each table of the application: its rows, and a hash of them whatever their order.
  virtual Result<std::vector<std::string>> TableContents() = 0;

  Result<> Run(const std::string& sql, const Parameters& parameters);
  /// The first column of the first row; "" where there is none.
  Result<std::string> Value(const std::string& sql);
};

/// For ExpectNoRow: the query gave this row.
Error FoundByVerify(std::string_view query, std::string_view row);

}  // namespace ignite::migrations
