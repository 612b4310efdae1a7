#include "migrations/database.h"

namespace ignite::migrations {

Result<> RunInParts(const Move& move, const RunPart& run_program, const RunPart& run) {
  for (const Move& part : Split(move)) {
    if (!part.steps.empty() && part.steps[0].is_program) TRY(run_program(part));
    TRY(run(part));
  }
  return {};
}

std::unique_ptr<Database> OpenDatabase(Engine engine, const std::string& address, OnStep on_step) {
  return engine == Engine::kSqlite ? MakeSqliteDatabase(address, std::move(on_step))
                                   : MakePostgresqlDatabase(address, std::move(on_step));
}

}  // namespace ignite::migrations
