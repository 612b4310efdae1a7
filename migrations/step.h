// The words of the migration engine.
//
// A database has a version: the highest step that is applied, 0 for none. Steps are applied in the
// order of their numbers and taken back in the reverse. Tables of the engine in the database have
// names that begin with "ignite_".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ignite::migrations {

enum class Engine : uint8_t { kSqlite, kPostgresql };

std::string_view EngineName(Engine engine);  ///< "sqlite"
std::optional<Engine> ParseEngine(std::string_view name);

/// What a step says of itself.
struct StepTraits {
  bool lossy = false;              ///< Its down does not bring back everything.
  bool non_transactional = false;  ///< Runs statement by statement, outside a transaction.
  bool foreign_keys_off = false;   ///< SQLite: rebuilds tables that others refer to.

  bool operator==(const StepTraits&) const = default;
};

/// The words of the traits, as texts and documents write them.
std::vector<std::string> TraitWords(const StepTraits& traits);
/// False for a word that is none.
bool AddTrait(std::string_view word, StepTraits& traits);

/// One step as it is to run.
struct Step {
  int64_t number = 0;
  std::string name;
  std::string up;
  std::optional<std::string> down;  ///< Absent: it cannot be taken back.
  StepTraits traits;
  bool is_program = false;  ///< A program does it; the engine only writes down that it was done.

  /// Whether the step's down is enough to take it back.
  bool IsReversible() const {
    return down && !traits.lossy && !traits.non_transactional && !is_program;
  }
};

/// A step that the database says is applied, with what takes it back.
struct AppliedStep {
  Step step;            ///< `up` is empty: what was done is done.
  std::string release;  ///< Which release of the component applied it.
};

/// What the engine's tables and the database itself say.
struct DatabaseState {
  bool exists = false;      ///< SQLite: there is a file.
  bool is_managed = false;  ///< It has the engine's tables.
  bool is_empty = true;     ///< No table, view or the like besides the engine's.
  int64_t version = 0;
  int64_t baseline = 0;
  std::string release;  ///< The release that the database stands at; empty before the first move.
  std::vector<AppliedStep> applied;  ///< In their order; without those before a baseline.
  std::string schema;                ///< As text, without the engine's tables; for comparison.
  std::string recorded_schema;       ///< The same when ignite last moved the database.
  uint64_t bytes = 0;                ///< Its size on disk.
  int64_t server = 0;                ///< PostgreSQL: the major version of its server.
  int64_t server_process = 0;        ///< The server's number, where it is on this machine; else 0.
};

enum class Direction : uint8_t { kUp, kDown };

/// From one place to another: runs steps one way and writes the engine's tables, in one transaction
/// of the database. A step that is non-transactional is alone in its move, and so is
/// a program, of which the move only says that it has run.
struct Move {
  /// Where the database must stand: nothing is done where it stands at the end already.
  std::string from_release;
  int64_t from_version = 0;
  std::string to_release;  ///< Empty: the engine's tables go away too.
  int64_t to_version = 0;
  Direction direction = Direction::kUp;
  std::vector<Step> steps;  ///< In the order in which they run.
  int64_t baseline = 0;     ///< For the first move of a database: the version that it has already.
  std::vector<std::string> verify;  ///< Queries that must give no row at the end.
  /// Also takes the steps back before the commit, and goes on only if that leads to the start.
  bool proves_return = false;
};

/// Told of each step of a move that begins.
using OnStep = std::function<void()>;

/// From the end of a move that went up to its start, by the downs of its steps.
Move Reversed(const Move& move);

/// Before a step that no transaction holds the database is marked with the release it goes to, or
/// with this where it goes to none: whoever finds the mark knows that the step may be half done.
inline constexpr std::string_view kLeaving = "-";

/// The same as moves that are each one transaction, with marks where they are needed.
std::vector<Move> Split(const Move& move);

/// What a copy for a rehearsal has of the database.
struct Copy {
  enum class Kind : uint8_t { kWhole, kSchema, kNone };
  Kind kind = Kind::kWhole;
  std::string why;  ///< Where it is not whole.
};

Json ToJson(const Step& step);
Result<Step> StepFromJson(const Json& json);
Json ToJson(const DatabaseState& state);
Result<DatabaseState> StateFromJson(const Json& json);
Json ToJson(const Move& move);
Result<Move> MoveFromJson(const Json& json);
Json ToJson(const Copy& copy);
Result<Copy> CopyFromJson(const Json& json);

}  // namespace ignite::migrations
