// The process that touches a database: the agent starts itself again as the owner of the database,
// hands it one request on standard input, and reads one answer from its standard output; an empty
// line before it for each step that begins. Nothing that an application can write is opened by
// root.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "base/process.h"
#include "migrations/database.h"

namespace ignite::migrations {

/// Whether a main was started with these arguments as a worker, and must only RunWorker.
bool IsWorker(const std::vector<std::string>& arguments);
/// Gives the exit code.
int RunWorker();

/// Called several times a second while a worker is at work, with how many steps of its move have
/// begun. false kills the worker, whose transaction dies with it: the method fails with kCancelled.
using WatchWork = std::function<bool(size_t begun)>;

/// A Database whose methods each run in a worker of their own.
struct WorkerAccount {
  Engine engine = Engine::kSqlite;
  std::string address;
  uid_t uid = 0;
  gid_t gid = 0;
};
std::unique_ptr<Database> MakeDatabaseOfWorker(Process& process, WorkerAccount account,
                                               WatchWork watch);

}  // namespace ignite::migrations
