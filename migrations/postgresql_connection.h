// One connection to a PostgreSQL database, which acts as the owner of the database.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "base/c_handle.h"
#include "base/result.h"
#include "migrations/sql_session.h"

namespace ignite::migrations {

class PostgresqlConnection : public SqlSession {
 public:
  /// kOwner acts as the owner of the database from here on; kLogin as the role that logged in.
  /// Waits for a server that is starting.
  enum class As : uint8_t { kOwner, kLogin };
  static Result<PostgresqlConnection> Open(const std::string& address, As as);
  /// The name of the database in a connection string.
  static Result<std::string> DatabaseIn(const std::string& address);

  /// Takes the lock that every move holds up to the end of its transaction, which may be that of a
  /// process that is gone: whoever has it sees what that move has left.
  Result<> WaitForMoves();

  std::string_view OwnSchema() const override { return "public"; }
  Result<> Execute(const std::string& sql) override;
  Result<> Query(const std::string& sql, const Parameters& parameters, const Row& row) override;

  Result<> BeginMove(const Move& move) override;
  Result<> RunScript(std::string_view sql, Script script, std::string_view what) override;
  Result<> ExpectNoRow(const std::string& sql) override;

  /// The engine checks foreign keys itself.
  Result<uint64_t> CountViolations() override { return uint64_t{0}; }
  Result<bool> HasOwnTables() override;
  Result<bool> IsEmpty() override;
  Result<std::string> SchemaText() override;
  Result<std::vector<std::string>> TableContents() override;

  const std::string& owner() const { return owner_; }
  PGconn* handle() const { return handle_.get(); }

 private:
  explicit PostgresqlConnection(PGconn* handle) : handle_(handle) {}

  Result<> BecomeOwner();
  /// The settings that a step begins with, whatever the one before has set.
  Result<> SetForScript();
  /// Whether the server finds the same statements in a text as our lexer does.
  bool ReadsAsWeDo() const;
  /// Names without a schema are the engine's own: no function of an application is in the way.
  Result<> SetForUs();
  /// All results of a text of statements; their number before an error tells where that is.
  /// Whether one of them has ended a transaction.
  Result<bool> RunStatements(std::string_view sql, std::string_view what, int first_line);
  Error Failure(std::string_view doing, const PGresult* result) const;

  CHandle<PGconn, PQfinish> handle_;
  std::string owner_;
};

/// The lock of WaitForMoves as a statement, for programs that change a database in our place.
std::string LockOfMoves();

}  // namespace ignite::migrations
