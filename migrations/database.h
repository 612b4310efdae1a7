// One database of a probe, as the engine sees it. Its methods run in the worker, as the owner of
// the database.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "migrations/fingerprint.h"
#include "migrations/step.h"

namespace ignite::migrations {

class Database {
 public:
  virtual ~Database() = default;

  /// Writes nothing. A database that does not exist is a state, not an error.
  virtual Result<DatabaseState> Read() = 0;

  /// All of it or nothing, but for steps that are non-transactional; durable. Where the database
  /// stands at the end of the move already, nothing is done. kRefused where it stands elsewhere.
  /// Another Error names the step and the line.
  virtual Result<> Run(const Move& move) = 0;

  /// Writes a file that Restore takes, whole and read again; of a database that does not exist one
  /// that says so. A file at `path` is replaced.
  virtual Result<> Snapshot(const std::string& path) = 0;
  /// Makes the database what the snapshot is, in place. Idempotent.
  virtual Result<> Restore(const std::string& path) = 0;

  /// Another database like this one, to try things on, at an address of the same kind; in place of
  /// what is there. Where `room`, in bytes, is too small for what would be done with it, the copy
  /// of a server's database has no rows: a server whose disk is full serves nobody.
  virtual Result<Copy> MakeCopy(const std::string& address, uint64_t room) = 0;
  virtual Result<> DropCopy(const std::string& address) = 0;

  /// kIo where the database's own checks find it damaged.
  virtual Result<Fingerprint> Examine() = 0;
};

/// Runs the parts of a move (Split), each a transaction of its own. `run_program` runs the program
/// of a part that has one, before `run` writes down that it is done.
using RunPart = std::function<Result<>(const Move& part)>;
Result<> RunInParts(const Move& move, const RunPart& run_program, const RunPart& run);

/// `address` is a path for SQLite, a connection string of libpq for PostgreSQL.
std::unique_ptr<Database> OpenDatabase(Engine engine, const std::string& address,
                                       OnStep on_step = {});

std::unique_ptr<Database> MakeSqliteDatabase(std::string path, OnStep on_step = {});
std::unique_ptr<Database> MakePostgresqlDatabase(std::string address, OnStep on_step = {});

}  // namespace ignite::migrations
