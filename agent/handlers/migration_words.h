// What a person is told of the move of a database: before it in the plan, and after it in remarks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/handlers/database_notes.h"
#include "agent/handlers/migration_course.h"

namespace ignite::handlers {

/// The database that a course is for.
struct DatabaseWords {
  std::string component;
  std::string name;               ///< As the recipe names it.
  std::optional<uint64_t> bytes;  ///< nullopt: there is none yet.
};

/// What activation does to the data, in its order.
std::vector<std::string> ActivationWords(const DatabaseWords& database, const Course& course,
                                         const std::optional<KeptSnapshot>& snapshot);

/// What staging tries before, and what that took the last time here.
std::string RehearsalWords(const DatabaseWords& database, const Course& course,
                           const std::optional<Rehearsal>& last);

/// While they run: "applying 19_rates (2 of 5)", where so many have begun.
std::string ProgressWords(const migrations::Move& move, size_t begun);

/// On what the steps were tried, once they are committed.
std::string RehearsalRemark(const std::string& component, const Rehearsal& rehearsal);

/// What was changed of a schema by hand: the first few of these differences.
std::string DriftWords(std::vector<std::string> differences);

/// What the restore of a snapshot has cost, and the command that opens what was kept of it at
/// `path`.
std::string LossRemark(const format::MigrationsSpec& spec, const Replaced& replaced,
                       const std::string& path);

}  // namespace ignite::handlers
