#include "migrations/postgresql_connection.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/postgresql_schema.h"
#include "migrations/sql_text.h"

namespace ignite::migrations {
namespace {

using ResultHandle = CHandle<PGresult, PQclear>;

constexpr std::chrono::seconds kWaitForServer{30};
/// One for each database; any number that nobody else takes.
constexpr std::string_view kLockOfMoves = "115880836724837";
constexpr int kFirstWithConnectionCheck = 140000;

std::string TrimmedMessage(const char* message) {
  std::string_view text = message == nullptr ? "" : message;
  return Printable(text.substr(0, std::min(text.find('\n'), text.size())), 300);
}

/// What libpq says of a connection that could not be made.
Error CannotConnect(const std::string& address, PGconn* connection) {
  return {
      ErrorCode::kIo,
      StrCat("connecting to the database ", Printable(address), ": ",
             TrimmedMessage(connection == nullptr ? "out of memory" : PQerrorMessage(connection))),
      "check that PostgreSQL runs and that the database and the user of the recipe exist "
      "there: createuser USER; createdb -O USER DATABASE"};
}

Error EndedItsTransaction(std::string_view what) {
  return {ErrorCode::kRefused, StrCat(what, " ended its transaction or left one open"),
          "correct the step: it must not end its own transaction"};
}

/// By the answer to a statement.
bool EndsTransaction(std::string_view command) {
  return command == "COMMIT" || command == "ROLLBACK" || command == "PREPARE TRANSACTION";
}

/// The line of the character, counted from 1, in the text.
int LineOfCharacter(std::string_view text, int character) {
  int line = 1;
  for (char c : text) {
    bool begins = (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    if (begins && --character <= 0) break;
    if (c == '\n') ++line;
  }
  return line;
}

}  // namespace

std::string LockOfMoves() {
  return StrCat("SELECT pg_catalog.pg_advisory_xact_lock(", kLockOfMoves, ")");
}

Result<PostgresqlConnection> PostgresqlConnection::Open(const std::string& address, As as) {
  const char* const keywords[] = {"dbname", "application_name", "connect_timeout", nullptr};
  const char* const values[] = {address.c_str(), "ignite", "10", nullptr};
  auto deadline = std::chrono::steady_clock::now() + kWaitForServer;
  for (bool was_there = false;;) {
    PostgresqlConnection connection(PQconnectdbParams(keywords, values, 1));
    if (PQstatus(connection.handle()) == CONNECTION_OK) {
      // Notices would be in the way of the answer on standard output and error.
      (void)PQsetNoticeProcessor(
          connection.handle(), [](void*, const char*) {}, nullptr);
      TRY(connection.SetForUs());
      if (as == As::kOwner) TRY(connection.BecomeOwner());
      return connection;
    }
    PGPing ping = PQpingParams(keywords, values, 1);
    // It may have started between the two answers, so it is asked once more.
    bool is_there = ping == PQPING_OK && !was_there;
    bool may_come = ping == PQPING_REJECT || ping == PQPING_NO_RESPONSE;
    if ((!is_there && !may_come) || std::chrono::steady_clock::now() > deadline)
      return CannotConnect(address, connection.handle());
    was_there = is_there;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

Result<std::string> PostgresqlConnection::DatabaseIn(const std::string& address) {
  CHandle<PQconninfoOption, PQconninfoFree> options(PQconninfoParse(address.c_str(), nullptr));
  for (PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->keyword == std::string_view("dbname") && option->val != nullptr)
      return std::string(option->val);
  }
  return Error{ErrorCode::kInvalidArgument, StrCat(Quoted(address), " names no database"),
               "write for example: dbname=netprobe user=netprobe"};
}

Result<> PostgresqlConnection::BecomeOwner() {
  owner_ =
      TRY(Value("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = "
                "current_database()"));
  return Execute(StrCat("SET ROLE ", QuotedName(owner_)));
}

Result<> PostgresqlConnection::WaitForMoves() {
  TRY(Execute("BEGIN"));
  TRY(Execute("SET LOCAL lock_timeout = '30s'"));
  TRY(Value(LockOfMoves()));
  return Execute("COMMIT");
}

Result<> PostgresqlConnection::SetForScript() {
  // What was acknowledged must survive a power cut, also where the application is content with
  // less.
  TRY(
      Execute("RESET ALL; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; "
              "SET lock_timeout = '30s'; SET statement_timeout = '1h'; "
              "SET synchronous_commit = on"));
  // A statement must not outlive the process that asked for it.
  if (PQserverVersion(handle()) < kFirstWithConnectionCheck) return {};
  return Execute("SET client_connection_check_interval = '2s'");
}

bool PostgresqlConnection::ReadsAsWeDo() const {
  auto is = [this](const char* setting, std::string_view value) {
    const char* found = PQparameterStatus(handle(), setting);
    return found != nullptr && found == value;
  };
  return is("standard_conforming_strings", "on") && is("client_encoding", "UTF8");
}

Result<> PostgresqlConnection::SetForUs() {
  TRY(SetForScript());
  return Execute("SET search_path = pg_catalog");
}

Result<> PostgresqlConnection::Execute(const std::string& sql) {
  ResultHandle result(PQexec(handle(), sql.c_str()));
  ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
    // A transaction that had failed before is taken back by its COMMIT, without an error.
    bool is_lost = sql == "COMMIT" && PQcmdStatus(result.get()) != std::string_view("COMMIT");
    if (!is_lost) return {};
    return Error{ErrorCode::kIo, "the database took the transaction back",
                 "try the step on a copy of the database, and correct it"};
  }
  return Failure(StrCat("running ", sql.substr(0, 60)), result.get());
}

Result<> PostgresqlConnection::Query(const std::string& sql, const Parameters& parameters,
                                     const Row& row) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  ResultHandle result(PQexecParams(handle(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                   values.data(), nullptr, nullptr, 0));
  ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    return Failure(StrCat("running ", sql.substr(0, 60)), result.get());
  std::vector<std::string> columns;
  for (int line = 0; line < PQntuples(result.get()); ++line) {
    columns.clear();
    for (int column = 0; column < PQnfields(result.get()); ++column)
      columns.emplace_back(PQgetvalue(result.get(), line, column));
    row(columns);
  }
  return {};
}

Result<> PostgresqlConnection::BeginMove(const Move&) {
  TRY(Execute("BEGIN"));
  return Execute(LockOfMoves());
}

Result<> PostgresqlConnection::RunScript(std::string_view sql, Script script,
                                         std::string_view what) {
  // The text of a way back comes from the database, where an application can write.
  std::vector<Fault> faults;
  FindObstacles(sql, Engine::kPostgresql, {.non_transactional = script == Script::kOutside},
                faults);
  if (!faults.empty()) {
    return Error{ErrorCode::kRefused,
                 StrCat(what, ", line ", faults[0].line, ": ", faults[0].message),
                 faults[0].remedy};
  }
  TRY(SetForScript());
  if (script == Script::kInTransaction) {
    // One that we did not see may have been followed by a BEGIN.
    if (TRY(RunStatements(sql, what, 1))) return EndedItsTransaction(what);
  } else {
    // Several statements at once would be one transaction.
    for (const SqlStatement& statement : SplitStatements(sql, Engine::kPostgresql)) {
      TRY(RunStatements(statement.text, what, statement.line));
      if (ReadsAsWeDo()) continue;
      // The server would find other statements in the rest than we did.
      return Error{ErrorCode::kRefused,
                   StrCat(what, ", line ", statement.line, " changed how its text is read"),
                   "leave standard_conforming_strings on and client_encoding UTF8"};
    }
  }
  bool is_open = PQtransactionStatus(handle()) == PQTRANS_INTRANS;
  if (is_open != (script == Script::kInTransaction)) return EndedItsTransaction(what);
  TRY(SetForUs());
  if (TRY(Value("SELECT current_user")) == owner_) return {};
  return Error{ErrorCode::kRefused, StrCat(what, " changed the role it runs as"),
               "correct the step: a migration runs as the owner of its database"};
}

Result<bool> PostgresqlConnection::RunStatements(std::string_view sql, std::string_view what,
                                                 int first_line) {
  std::string text(sql);
  if (PQsendQuery(handle(), text.c_str()) != 1) return Failure(StrCat("running ", what), nullptr);
  size_t done = 0;
  bool has_ended = false;
  Result<> outcome;
  while (ResultHandle result{PQgetResult(handle())}) {
    switch (PQresultStatus(result.get())) {
      case PGRES_COMMAND_OK:
        has_ended |= EndsTransaction(PQcmdStatus(result.get()));
        [[fallthrough]];
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        ++done;
        continue;
      case PGRES_COPY_IN:
        (void)PQputCopyEnd(handle(), "a migration has nothing to copy from");
        continue;
      case PGRES_COPY_OUT:
        for (char* row = nullptr; PQgetCopyData(handle(), &row, 0) > 0;) PQfreemem(row);
        continue;
      default:
        break;
    }
    if (!outcome) continue;
    const char* position = PQresultErrorField(result.get(), PG_DIAG_STATEMENT_POSITION);
    int line = 0;
    if (position != nullptr) {
      line = LineOfCharacter(text, std::atoi(position));
    } else {
      auto statements = SplitStatements(sql, Engine::kPostgresql);
      if (done < statements.size()) line = statements[done].line;
    }
    outcome =
        Failure(line == 0 ? std::string(what) : StrCat(what, ", line ", first_line + line - 1),
                result.get());
  }
  TRY(std::move(outcome));
  return has_ended;
}

Result<> PostgresqlConnection::ExpectNoRow(const std::string& sql) {
  TRY(Execute("SAVEPOINT ignite_verify"));
  TRY(SetForScript());
  TRY(Execute("SET LOCAL transaction_read_only = on"));
  std::string found;
  TRY(Query(sql, {}, [&](const std::vector<std::string>& columns) {
    if (!found.empty()) return;
    for (const std::string& column : columns) found += StrCat(found.empty() ? "" : ", ", column);
    if (found.empty()) found = "a row";
  }));
  TRY(Execute("ROLLBACK TO SAVEPOINT ignite_verify"));
  TRY(SetForUs());
  return found.empty() ? Result<>() : FoundByVerify(sql, found);
}

Result<bool> PostgresqlConnection::HasOwnTables() {
  return TRY(Value("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                   "WHERE n.nspname = 'public' AND c.relname = 'ignite_state'")) == "1";
}

Result<bool> PostgresqlConnection::IsEmpty() { return PostgresqlIsEmpty(*this); }

Result<std::string> PostgresqlConnection::SchemaText() { return PostgresqlSchemaText(*this); }

Result<std::vector<std::string>> PostgresqlConnection::TableContents() {
  return PostgresqlTableContents(*this);
}

Error PostgresqlConnection::Failure(std::string_view doing, const PGresult* result) const {
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary =
      result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string cause =
      StrCat(doing, ": ", TrimmedMessage(primary != nullptr ? primary : PQerrorMessage(handle())));
  std::string_view code = state == nullptr ? "" : state;
  if (code.starts_with("53"))
    return {ErrorCode::kNoSpace, std::move(cause), "free space for the database and try again"};
  if (code == "55P03" || code == "40P01") {
    return {ErrorCode::kBusy, StrCat(cause, ": another program holds the database"),
            "stop what uses the database, or name its unit in 'units =' of the payload"};
  }
  if (code == "57014")
    return {ErrorCode::kRefused, std::move(cause), "make the step faster, or cut it into several"};
  if (code == "42501") {
    return {ErrorCode::kRefused, StrCat(cause, ": a migration may not do this"),
            "change the step: it runs as the owner of its database"};
  }
  // The connection, the server, its disk, its own faults.
  bool is_of_machine = code.empty() || code.starts_with("08") || code.starts_with("57P") ||
                       code.starts_with("58") || code.starts_with("XX");
  if (is_of_machine)
    return {ErrorCode::kIo, std::move(cause), "see the log of PostgreSQL, then try again"};
  return {ErrorCode::kRefused, std::move(cause),
          "try the step on a copy of the database, and correct it"};
}

}  // namespace ignite::migrations
