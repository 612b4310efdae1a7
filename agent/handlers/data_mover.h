// Runs a move on a database: each of its parts in a worker, and the programs among its steps.
#pragma once

#include "agent/engine/handler.h"
#include "agent/handlers/database_access.h"
#include "agent/handlers/program_store.h"

namespace ignite::handlers {

class DataMover {
 public:
  DataMover(Process& process, const engine::ProbePaths& paths, const ProgramStore& programs,
            const DatabaseAccess& databases)
      : process_(process), paths_(paths), programs_(programs), databases_(databases) {}

  /// `change` says whose programs they are: of its `to` where the move goes up, else of its `from`.
  /// Without a watch it cannot be stopped.
  Result<> Run(const DatabasePlace& place, const migrations::Move& move,
               const engine::Change& change, const engine::Watch& watch);

 private:
  Result<> RunProgram(const DatabasePlace& place, const migrations::Move& move,
                      const engine::Change& change, const migrations::WatchWork& watch);

  Process& process_;
  const engine::ProbePaths& paths_;
  const ProgramStore& programs_;
  const DatabaseAccess& databases_;
};

/// Of work without steps.
migrations::WatchWork Telling(const engine::Watch& watch, std::string doing);

}  // namespace ignite::handlers
