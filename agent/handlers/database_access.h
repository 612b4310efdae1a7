// The database of a component on this probe: where it is, and whose process opens it. Never that of
// root: an application can write what is in it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "agent/engine/probe_paths.h"
#include "base/file_system.h"
#include "base/process.h"
#include "migrations/database.h"
#include "migrations/worker.h"
#include "payload-format/data/migrations_spec.h"

namespace ignite::handlers {

struct DatabasePlace {
  migrations::Engine engine = migrations::Engine::kSqlite;
  std::string name;     ///< For a person: the path on the probe, or the connection string.
  std::string address;  ///< For the worker: the path on the host, or the connection string.
  uid_t uid = 0;
  gid_t gid = 0;
};

class DatabaseAccess {
 public:
  DatabaseAccess(FileSystem& files, Process& process, const engine::ProbePaths& paths)
      : files_(files), process_(process), paths_(paths) {}

  /// SQLite: the account is the owner of the file, or of its folder where there is no file yet.
  /// PostgreSQL: the account of the role that logs in, so that the server knows it by its socket;
  /// nobody where there is no such account. kRefused where that is root, or not us where we are
  /// not root.
  Result<DatabasePlace> Find(const format::MigrationsSpec& spec) const;

  /// Bytes on disk; nullopt where there is no database. Of SQLite without a process: histories ask
  /// this of many releases.
  Result<std::optional<uint64_t>> SizeOf(const DatabasePlace& place) const;

  /// Each of its methods runs in a process of the account.
  std::unique_ptr<migrations::Database> Open(const DatabasePlace& place,
                                             migrations::WatchWork watch = {}) const;
  /// Where a copy of it goes for a rehearsal: into `folder`, or beside it on its server, under a
  /// name that is the folder's own.
  static DatabasePlace CopyOf(const DatabasePlace& place, const std::string& folder);

  /// Bytes that a copy of it may take beside it on its server; UINT64_MAX where its disk is none
  /// of this machine, and for SQLite, whose copies lie with ignite's own files.
  Result<uint64_t> RoomOnServer(const migrations::DatabaseState& state) const;

  /// What a program of a step may do: write beside the database, or reach its server.
  static Confinement ConfinementFor(const DatabasePlace& place);

 private:
  Result<DatabasePlace> FindSqlite(const format::MigrationsSpec& spec) const;
  static Result<DatabasePlace> FindPostgresql(const format::MigrationsSpec& spec);

  FileSystem& files_;
  Process& process_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
