#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/file_system.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/database.h"
#include "migrations/move_runner.h"
#include "migrations/own_tables.h"
#include "migrations/position.h"
#include "migrations/postgresql_connection.h"
#include "migrations/postgresql_tools.h"
#include "migrations/sql_text.h"

namespace ignite::migrations {
namespace {

using As = PostgresqlConnection::As;

constexpr std::string_view kPart = ".part";
/// 150004 is version 15.4.
constexpr int kVersionsPerMajor = 10000;
/// A larger database is rehearsed on its schema alone: its rows would take too long.
constexpr uint64_t kLargestWithRows = uint64_t{2} * 1024 * 1024 * 1024;
/// What a rehearsal takes: the copy, and its rows once more for the way up, back and up again. The
/// server's log has as much, up to where it is cut (max_wal_size).
constexpr uint64_t kTimesItsSize = 4;
constexpr uint64_t kLargestLog = uint64_t{1024} * 1024 * 1024;

constexpr std::string_view kCreateDatabase = "CREATE DATABASE ";
/// Waits until it has ended.
constexpr const char* kEndMaker =
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE starts_with(query, $1) "
    "AND pid <> pg_backend_pid()";
constexpr const char* kLocaleOfDatabase =
    "SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), "
    "datcollate, datctype) FROM pg_database WHERE datname = current_database()";
constexpr const char* kExtensions =
    "SELECT format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', extname, nspname) FROM "
    "pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE nspname IN ('public', "
    "'pg_catalog') AND extname <> 'plpgsql'";

/// Of this machine, at the other end of a socket; 0 where there is none.
int64_t ProcessBehind(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  bool is_known = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return is_known ? std::max<pid_t>(peer.pid, 0) : 0;
}

class PostgresqlDatabase : public Database {
 public:
  PostgresqlDatabase(std::string address, OnStep on_step)
      : address_(std::move(address)), on_step_(std::move(on_step)) {}

  Result<DatabaseState> Read() override {
    auto connection = TRY(PostgresqlConnection::Open(address_, As::kOwner));
    TRY(connection.WaitForMoves());
    DatabaseState state = TRY(ReadState(connection));
    state.bytes = TRY(Size(connection));
    state.server = PQserverVersion(connection.handle()) / kVersionsPerMajor;
    state.server_process = ProcessBehind(PQsocket(connection.handle()));
    return state;
  }

  Result<> Run(const Move& move) override {
    auto connection = TRY(PostgresqlConnection::Open(address_, As::kOwner));
    auto moved = RunMove(connection, move, on_step_);
    if (moved) return {};
    (void)connection.Execute("ROLLBACK");
    // A failed COMMIT may have committed, and the connection may be lost: what is there decides.
    auto state = Read();
    return state && StandsAtEnd(*state, move) ? Result<>() : moved;
  }

  Result<> Snapshot(const std::string& path) override {
    std::string part = StrCat(path, kPart);
    TRY(DumpDatabase(TRY(Place()), part));
    auto files = MakePosixFileSystem();
    TRY(files->SyncFileSystem(part));
    if (rename(part.c_str(), path.c_str()) != 0)
      return SystemError(StrCat("renaming ", part), errno);
    return files->SyncFileSystem(path);
  }

  Result<> Restore(const std::string& path) override { return RestoreDump(TRY(Place()), path); }

  Result<Fingerprint> Examine() override {
    auto connection = TRY(PostgresqlConnection::Open(address_, As::kOwner));
    return TakeFingerprint(connection);
  }

  Result<Copy> MakeCopy(const std::string& address, uint64_t room) override {
    TRY(DropCopy(address));
    auto connection = TRY(PostgresqlConnection::Open(address_, As::kOwner));
    std::string why_without_rows = WhyWithoutRows(TRY(Size(connection)), room);
    auto copied = CopyInto(connection, address, why_without_rows.empty());
    if (!copied) {
      TRY(DropCopy(address));
      return Copy{Copy::Kind::kNone, copied.error().cause};
    }
    if (why_without_rows.empty()) return Copy{};
    return Copy{Copy::Kind::kSchema, why_without_rows};
  }

  Result<> DropCopy(const std::string& address) override {
    std::string name = TRY(PostgresqlConnection::DatabaseIn(address));
    auto connection = TRY(PostgresqlConnection::Open(address_, As::kLogin));
    // The server may still be at work for a process that is gone: on the copy, or at making it,
    // which nobody sees before it is made.
    TRY(connection.Run(kEndMaker, {StrCat(kCreateDatabase, QuotedName(name), " ")}));
    return connection.Execute(
        StrCat("DROP DATABASE IF EXISTS ", QuotedName(name), " WITH (FORCE)"));
  }

 private:
  Result<PostgresqlPlace> Place() const {
    auto connection = TRY(PostgresqlConnection::Open(address_, As::kOwner));
    return PostgresqlPlace{address_, connection.owner()};
  }

  Result<> CopyInto(PostgresqlConnection& from, const std::string& address, bool with_rows) {
    // The login may be allowed to make databases and extensions where the owner is not.
    auto login = TRY(PostgresqlConnection::Open(address_, As::kLogin));
    std::string name = TRY(PostgresqlConnection::DatabaseIn(address));
    std::string locale = TRY(login.Value(kLocaleOfDatabase));
    TRY(login.Execute(StrCat(kCreateDatabase, QuotedName(name), " OWNER ", QuotedName(from.owner()),
                             " TEMPLATE template0 ", locale)));
    auto to = TRY(PostgresqlConnection::Open(address, As::kLogin));
    std::vector<std::string> extensions;
    TRY(login.Query(kExtensions, {},
                    [&](const std::vector<std::string>& row) { extensions.push_back(row[0]); }));
    // One that cannot be made here fails in the copying, with its cause.
    for (const std::string& extension : extensions) (void)to.Execute(extension);
    PostgresqlPlace place{address, from.owner()};
    CopyRows rows = with_rows                  ? CopyRows::kAll
                    : TRY(from.HasOwnTables()) ? CopyRows::kOwnTables
                                               : CopyRows::kNone;
    return CopyDatabase({address_, from.owner()}, place, rows);
  }

  /// Empty where the copy may have them.
  static std::string WhyWithoutRows(uint64_t bytes, uint64_t room) {
    if (bytes > kLargestWithRows) return "the database is larger than 2 GiB";
    uint64_t needed = kTimesItsSize * bytes;
    needed += std::min(needed, kLargestLog);
    if (needed <= room) return "";
    return StrCat("its rows would take ", SizeInWords(needed), ", and ", SizeInWords(room),
                  " are free on the disk of its server");
  }

  static Result<uint64_t> Size(PostgresqlConnection& connection) {
    auto bytes = TRY(connection.Value("SELECT pg_database_size(current_database())"));
    return ParseNumber(bytes).value_or(0);
  }

  std::string address_;
  OnStep on_step_;
};

}  // namespace

std::unique_ptr<Database> MakePostgresqlDatabase(std::string address, OnStep on_step) {
  return std::make_unique<PostgresqlDatabase>(std::move(address), std::move(on_step));
}

}  // namespace ignite::migrations
