// The payload type migrations: the steps of a database. SPEC.md section 10.8.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "payload-format/manifest/manifest.h"
#include "payload-format/steps/program_folder.h"

namespace ignite::format {

/// What the manifest says of a step beside its files.
struct StepMeaning {
  std::vector<std::string> traits;  ///< Words of kStepTraits, in its order, each once.
  std::string up;    ///< SHA-256 of the normal form, in hexadecimal; empty for a program.
  std::string down;  ///< The same; also empty where there is no way back.

  bool operator==(const StepMeaning&) const = default;
};

struct MigrationsSpec {
  static constexpr std::string_view kType = "migrations";
  static constexpr std::string_view kComponents = "data/";  ///< What its components begin with.
  static constexpr std::string_view kSqlite = "sqlite";
  static constexpr std::string_view kPostgresql = "postgresql";
  static constexpr std::string_view kVerify = "verify.sql";
  static bool BelongsTo(Kind kind) { return CarriesSoftware(kind); }
  /// The steps of a database are programs or SQL.
  static StepSuffixes Suffixes() { return {"", ".sql"}; }

  std::string engine;     ///< kSqlite or kPostgresql.
  std::string database;   ///< A path on the probe, or as database_address.h has it.
  uint64_t baseline = 0;  ///< The version of a database that has tables and no engine's; 0: none.
  bool has_verify = false;
  std::vector<std::string> units;  ///< Names of units that use the database.
  ProgramFolder folder;
  std::vector<StepMeaning> meanings;  ///< One for each step, in their order.

  /// Of a database that has run all steps.
  uint64_t Level() const { return std::max(LastNumber(folder.steps), baseline); }
  /// What it takes for itself: the path of a SQLite database, or the address with its engine.
  std::string Place() const;
  /// Null where there is no such step.
  const StepMeaning* MeaningOf(uint64_t number) const;

  Json ToJson() const;
  /// kCorrupt where a key or value is not one of the format.
  static Result<MigrationsSpec> FromJson(const Json& json);
  /// For whoever takes such a payload from a manifest: component, streams and spec.
  static Result<> Check(const PayloadInfo& payload);
};

/// What a step can say of itself.
inline constexpr std::array<std::string_view, 3> kStepTraits = {"lossy", "non-transactional",
                                                                "foreign-keys-off"};

}  // namespace ignite::format
