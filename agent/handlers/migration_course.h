// How a database gets from where it stands to where a change of its component wants it. Decides;
// touches nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/engine/plan.h"
#include "base/result.h"
#include "migrations/step.h"
#include "payload-format/data/migrations_spec.h"

namespace ignite::handlers {

/// A release of the component, and what its bundle said of the database.
struct DataRelease {
  std::string release;
  format::MigrationsSpec spec;

  static Result<DataRelease> Of(const engine::ComponentRecord& record);
};

/// The format has checked the name.
migrations::Engine EngineOf(const format::MigrationsSpec& spec);

struct Course {
  migrations::Move move;
  /// Some step cannot be taken back by a down: what the database was must be kept.
  bool needs_snapshot = false;
  /// No steps: the snapshot that was taken when the database left `to` is restored, and what was
  /// written since is lost.
  bool restores = false;
};

/// Gives the text of a file of the new release. Null before it is staged: then a course has no
/// texts, and tells only whether there is one.
using LoadText = std::function<Result<std::string>(const std::string& file)>;

/// The snapshot that was taken when the database left a release last.
struct KeptSnapshot {
  std::string path;  ///< On this host.
  uint64_t bytes = 0;
  int64_t taken = 0;         ///< When, in seconds since 1970.
  bool may_restore = false;  ///< Whoever asks accepts the loss of what was written since.
};

/// From the place of `from` to that of `to`. kRefused, with a cause, where no way leads there: a
/// database that ignite did not make, a step that comes late or changed since it was applied, a
/// down in the database that is not the one that the journal knows, or that is missing where no
/// snapshot may be restored.
Result<Course> PlanCourse(const std::optional<DataRelease>& from,
                          const std::optional<DataRelease>& to,
                          const migrations::DatabaseState& state, const LoadText& load,
                          const std::optional<KeptSnapshot>& snapshot);

/// The way back of a move that went up and needs no snapshot: the downs that the database has of
/// the steps that `to` applied. kRefused where they are not those of its spec.
Result<migrations::Move> PlanReturn(const std::optional<DataRelease>& from, const DataRelease& to,
                                    const migrations::DatabaseState& state);

/// Whether the database is where `from` left it, so that nothing is to be taken back.
bool StandsAt(const std::optional<DataRelease>& from, const migrations::DatabaseState& state);

}  // namespace ignite::handlers
