#include "migrations/database.h"

namespace ignite::migrations {

Result<> RunInParts(Database& database, const Move& move,
                    const std::function<Result<>(const Move& part)>& run_program) {
  for (const Move& part : Split(move)) {
    if (!part.steps.empty() && part.steps[0].is_program) TRY(run_program(part));
    TRY(database.Run(part));
  }
  return {};
}

std::unique_ptr<Database> OpenDatabase(Engine engine, const std::string& address) {
  return engine == Engine::kSqlite ? MakeSqliteDatabase(address) : MakePostgresqlDatabase(address);
}

}  // namespace ignite::migrations
