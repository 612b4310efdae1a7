// The texts of migrations, as either engine reads them: their form, their statements, and what is
// found in them.

#include <algorithm>

#include "base/str_cat.h"
#include "migrations/sql_text.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using migrations::Engine;

void CheckForm(std::string_view sql, Engine engine) {
  auto form = migrations::NormalForm(sql, engine);
  PromiseGoodError(form);
  if (!form) return;
  Promise(Promised(migrations::NormalForm(*form, engine), "a form is SQL") == *form,
          "a form is its own form");
  std::string spaced = StrCat("-- '\n\t", sql, "\n/* \" */ ");
  Promise(Promised(migrations::NormalForm(spaced, engine), "it can be spaced") == *form,
          "comments and white space do not count");
}

void CheckStatements(std::string_view sql, Engine engine) {
  const char* place = sql.data();
  for (const auto& statement : migrations::SplitStatements(sql, engine)) {
    Promise(!statement.text.empty() && statement.text.data() >= place, "statements follow");
    place = statement.text.data() + statement.text.size();
    Promise(place <= sql.data() + sql.size(), "statements are of the text");
    auto before = std::count(sql.data(), statement.text.data(), '\n');
    Promise(statement.line == before + 1, "a statement has its line");
  }
}

void CheckFaults(std::string_view sql, Engine engine) {
  std::vector<Fault> faults;
  migrations::FindObstacles(sql, engine, migrations::ReadTraits(sql, engine, faults), faults);
  auto lines = std::count(sql.begin(), sql.end(), '\n') + 1;
  for (const Fault& fault : faults)
    Promise(fault.line >= 1 && fault.line <= lines && !fault.message.empty(), "a fault has a line");
}

const Target kSql{"sql", [](ByteView input) {
                    for (Engine engine : {Engine::kSqlite, Engine::kPostgresql}) {
                      CheckForm(AsText(input), engine);
                      CheckStatements(AsText(input), engine);
                      CheckFaults(AsText(input), engine);
                    }
                  }};

}  // namespace
}  // namespace ignite::fuzz
