#include "migrations/own_tables.h"

#include <array>
#include <ctime>

#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::migrations {
namespace {

struct OwnTable {
  std::string_view name;
  std::string_view columns;
};

constexpr OwnTable kMigrations = {"ignite_migrations",
                                  "number bigint NOT NULL PRIMARY KEY, name text NOT NULL, "
                                  "down text, traits text NOT NULL, program text NOT NULL, "
                                  "release text NOT NULL, applied_at text NOT NULL"};
constexpr OwnTable kState = {"ignite_state",
                             "id integer NOT NULL PRIMARY KEY CHECK (id = 1), version bigint NOT "
                             "NULL, release text NOT NULL, baseline bigint NOT NULL, schema_text "
                             "text NOT NULL"};
constexpr OwnTable kHistory = {"ignite_history",
                               "at text NOT NULL, release text NOT NULL, direction text NOT NULL, "
                               "number bigint NOT NULL, name text NOT NULL"};

std::string In(const SqlSession& session, const OwnTable& table) {
  return StrCat(session.OwnSchema(), ".", table.name);
}

int64_t Number(std::string_view text) {
  return static_cast<int64_t>(ParseNumber(text).value_or(0));
}

std::string Now() {
  time_t now = time(nullptr);
  tm parts{};
  (void)gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

AppliedStep AppliedFromRow(const std::vector<std::string>& columns) {
  AppliedStep applied;
  applied.step.number = Number(columns[0]);
  applied.step.name = columns[1];
  for (const std::string& word : SplitList(columns[2])) (void)AddTrait(word, applied.step.traits);
  applied.step.is_program = !columns[3].empty();
  applied.release = columns[4];
  if (columns[5] == "1") applied.step.down = columns[6];
  return applied;
}

}  // namespace

Result<DatabaseState> ReadState(SqlSession& session) {
  DatabaseState state;
  state.exists = true;
  state.schema = TRY(session.SchemaText());
  state.is_empty = TRY(session.IsEmpty());
  state.is_managed = TRY(session.HasOwnTables());
  if (!state.is_managed) return state;
  TRY(session.Query(
      StrCat("SELECT version, release, baseline, schema_text FROM ", In(session, kState)), {},
      [&](const std::vector<std::string>& row) {
        state.version = Number(row[0]);
        state.release = row[1];
        state.baseline = Number(row[2]);
        state.recorded_schema = row[3];
      }));
  TRY(session.Query(StrCat("SELECT number, name, traits, program, release, CASE WHEN down IS NULL "
                           "THEN 0 ELSE 1 END, down FROM ",
                           In(session, kMigrations), " ORDER BY number"),
                    {}, [&](const std::vector<std::string>& row) {
                      state.applied.push_back(AppliedFromRow(row));
                    }));
  return state;
}

Result<> CreateOwnTables(SqlSession& session) {
  if (TRY(session.HasOwnTables())) return {};
  for (const OwnTable& table : {kMigrations, kState, kHistory})
    TRY(session.Execute(StrCat("CREATE TABLE ", In(session, table), " (", table.columns, ")")));
  return {};
}

Result<> RecordStep(SqlSession& session, const Move& move, const Step& step) {
  bool is_up = move.direction == Direction::kUp;
  std::string now = Now();
  std::string number = std::to_string(step.number);
  std::string release = move.to_release.empty() ? move.from_release : move.to_release;
  if (is_up) {
    TRY(session.Run(StrCat("INSERT INTO ", In(session, kMigrations),
                           " (number, name, traits, program, release, applied_at, down) VALUES "
                           "($1, $2, $3, $4, $5, $6, $7)"),
                    {number, step.name, Joined(TraitWords(step.traits)), step.is_program ? "1" : "",
                     release, now, step.down}));
  } else {
    TRY(session.Run(StrCat("DELETE FROM ", In(session, kMigrations), " WHERE number = $1"),
                    {number}));
  }
  return session.Run(StrCat("INSERT INTO ", In(session, kHistory), " VALUES ($1, $2, $3, $4, $5)"),
                     {now, release, is_up ? "up" : "down", number, step.name});
}

Result<> RecordEnd(SqlSession& session, const Move& move) {
  if (move.to_release.empty()) {
    for (const OwnTable& table : {kMigrations, kState, kHistory})
      TRY(session.Execute(StrCat("DROP TABLE ", In(session, table))));
    return {};
  }
  std::string state = In(session, kState);
  std::string baseline = TRY(session.Value(StrCat("SELECT baseline FROM ", state)));
  if (baseline.empty()) baseline = std::to_string(move.baseline);
  std::string schema = TRY(session.SchemaText());
  TRY(session.Execute(StrCat("DELETE FROM ", state)));
  return session.Run(StrCat("INSERT INTO ", state, " VALUES (1, $1, $2, $3, $4)"),
                     {std::to_string(move.to_version), move.to_release, baseline, schema});
}

}  // namespace ignite::migrations
