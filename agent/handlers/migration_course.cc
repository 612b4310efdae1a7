#include "agent/handlers/migration_course.h"

#include <algorithm>

#include "agent/engine/report.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/sql_text.h"
#include "payload-format/crypto/hash.h"

namespace ignite::handlers {
namespace {

using format::MigrationsSpec;
using format::StepMeaning;
using migrations::AppliedStep;
using migrations::DatabaseState;
using migrations::Direction;
using migrations::Engine;
using migrations::Move;

Error Refused(std::string cause, std::string remedy) {
  return {ErrorCode::kRefused, std::move(cause), std::move(remedy)};
}

bool HasDigest(std::string_view text, Engine engine, std::string_view digest) {
  auto form = migrations::NormalForm(text, engine);
  return form && format::Sha256(AsBytes(*form)).Hex() == digest;
}

/// A step of a release as it is to run; without texts where they are not here yet.
Result<migrations::Step> StepOf(const MigrationsSpec& spec, size_t index, const LoadText& load) {
  const format::Step& named = spec.folder.steps[index];
  const StepMeaning& meaning = spec.meanings[index];
  migrations::Step step;
  step.number = static_cast<int64_t>(named.number);
  step.name = named.name;
  step.is_program = format::IsProgramOfStep(named.up);
  for (const std::string& word : meaning.traits) (void)migrations::AddTrait(word, step.traits);
  auto text = [&](const std::string& file, std::string_view digest) -> Result<std::string> {
    if (load == nullptr || format::IsProgramOfStep(file)) return std::string();
    std::string loaded = TRY(load(file));
    if (HasDigest(loaded, EngineOf(spec), digest)) return loaded;
    return Error{ErrorCode::kCorrupt,
                 StrCat("the text of ", Printable(file), " is not what the manifest says"),
                 "build the bundle anew"};
  };
  step.up = TRY(text(named.up, meaning.up));
  if (!named.down.empty()) step.down = TRY(text(named.down, meaning.down));
  return step;
}

/// The step that takes `applied` back: the text that the database kept, if it is the one that the
/// release says.
Result<migrations::Step> DownOf(const AppliedStep& applied, const MigrationsSpec& spec) {
  const StepMeaning* meaning = spec.MeaningOf(static_cast<uint64_t>(applied.step.number));
  std::string which = StrCat("step ", applied.step.number, " ", Printable(applied.step.name));
  if (meaning == nullptr) {
    return Refused(StrCat(which, " is applied, and the release that runs does not know it"),
                   "roll back by a deployment that knows it, or restore a backup");
  }
  bool is_text = applied.step.down && !applied.step.is_program;
  if (is_text && !HasDigest(*applied.step.down, EngineOf(spec), meaning->down)) {
    return Refused(StrCat("the way back of ", which, " was changed in the database"),
                   "restore the table ignite_migrations from a backup");
  }
  return applied.step;
}

/// `is_first`: it is the one that left the place where the way back leads.
Error NoWayBack(const migrations::Step& step, bool is_first,
                const std::optional<KeptSnapshot>& snapshot) {
  std::string remedy = "restore the database from a backup, or install a newer bundle";
  if (snapshot) {
    remedy = StrCat("'ignite rollback --restore-data' restores the snapshot of ",
                    engine::TimeText(snapshot->taken), "; what was written since is lost");
  } else if (!is_first) {
    remedy = "go back one deployment at a time, as 'ignite rollback --list' shows";
  }
  return Refused(StrCat("step ", step.number, " ", Printable(step.name),
                        " has no way back that keeps everything"),
                 std::move(remedy));
}

/// Every step that the database has must be the same in the new release, and none may come between.
Result<> CheckContinues(const std::optional<DataRelease>& from, const MigrationsSpec& to,
                        const DatabaseState& state, uint64_t at) {
  for (size_t i = 0; i < to.folder.steps.size(); ++i) {
    const format::Step& step = to.folder.steps[i];
    if (step.number > at || step.number <= static_cast<uint64_t>(state.baseline)) continue;
    std::string which = StrCat("step ", step.number, " ", Printable(step.name));
    bool is_applied =
        std::any_of(state.applied.begin(), state.applied.end(), [&](const AppliedStep& applied) {
          return applied.step.number == static_cast<int64_t>(step.number);
        });
    if (state.is_managed && !is_applied) {
      return Refused(StrCat(which, " comes late: the database is at version ", at, " without it"),
                     "give the step a number behind the last one, and build the bundle anew");
    }
    const StepMeaning* before = from ? from->spec.MeaningOf(step.number) : nullptr;
    if (before != nullptr && *before != to.meanings[i]) {
      return Refused(StrCat(which, " is not what it was when it was applied"),
                     "take the change back, and make it a step of its own");
    }
  }
  return {};
}

/// Where a database is that has the engine's tables or none.
Result<uint64_t> StartOf(const DatabaseState& state, const MigrationsSpec& to) {
  if (state.is_managed) {
    return Refused(
        "the database has ignite's tables, and this probe's deployment knows nothing of it",
        "drop its tables ignite_* and say 'baseline =' in the recipe");
  }
  if (!state.exists || state.is_empty) return 0;
  if (to.baseline > 0) return to.baseline;
  return Refused("the database has tables that ignite did not make",
                 "say with 'baseline = N' in the recipe which step it is at, or move it away");
}

Result<Course> Upwards(const std::optional<DataRelease>& from, const DataRelease& to,
                       const DatabaseState& state, uint64_t at, const LoadText& load) {
  TRY(CheckContinues(from, to.spec, state, at));
  Course course;
  course.move.baseline = from ? 0 : static_cast<int64_t>(at);
  for (size_t i = 0; i < to.spec.folder.steps.size(); ++i) {
    if (to.spec.folder.steps[i].number <= at) continue;
    auto step = TRY(StepOf(to.spec, i, load));
    course.needs_snapshot |= !step.IsReversible();
    course.move.steps.push_back(std::move(step));
  }
  return course;
}

Result<Course> Downwards(const DataRelease& from, int64_t target, const DatabaseState& state,
                         const std::optional<KeptSnapshot>& snapshot) {
  Course course;
  course.move.direction = Direction::kDown;
  // A down may take away what the release before knows nothing of; back again leads the snapshot.
  course.needs_snapshot = true;
  for (auto applied = state.applied.rbegin(); applied != state.applied.rend(); ++applied) {
    if (applied->step.number <= target) break;
    auto step = TRY(DownOf(*applied, from.spec));
    if (!step.down || step.traits.lossy) {
      auto below = std::next(applied);
      bool is_first = below == state.applied.rend() || below->step.number <= target;
      if (!snapshot || !snapshot->may_restore) return NoWayBack(step, is_first, snapshot);
      course.restores = true;
      course.move.steps.clear();
      return course;
    }
    course.move.steps.push_back(std::move(step));
  }
  return course;
}

}  // namespace

Engine EngineOf(const MigrationsSpec& spec) {
  return migrations::ParseEngine(spec.engine).value_or(Engine::kSqlite);
}

Result<DataRelease> DataRelease::Of(const engine::ComponentRecord& record) {
  return DataRelease{record.release, TRY(MigrationsSpec::FromJson(record.spec))};
}

bool StandsAt(const std::optional<DataRelease>& from, const DatabaseState& state) {
  if (!from) return !state.is_managed;
  return state.release == from->release &&
         state.version == static_cast<int64_t>(from->spec.Level());
}

Result<Course> PlanCourse(const std::optional<DataRelease>& from,
                          const std::optional<DataRelease>& to, const DatabaseState& state,
                          const LoadText& load, const std::optional<KeptSnapshot>& snapshot) {
  uint64_t at = from ? from->spec.Level() : TRY(StartOf(state, to->spec));
  if (from && !StandsAt(from, state)) {
    return Refused(StrCat("the database is at version ", state.version, " of the release '",
                          Printable(state.release, 80), "', and this probe runs version ", at,
                          " of ", from->release),
                   "something else moved the database: restore it from a backup");
  }
  auto target = static_cast<int64_t>(to ? to->spec.Level() : static_cast<uint64_t>(state.baseline));
  Course course = target >= static_cast<int64_t>(at) && to
                      ? TRY(Upwards(from, *to, state, at, load))
                      : TRY(Downwards(*from, target, state, snapshot));
  course.move.from_release = from ? from->release : "";
  course.move.from_version = static_cast<int64_t>(at);
  course.move.to_release = to ? to->release : "";
  course.move.to_version = target;
  return course;
}

Result<Move> PlanReturn(const std::optional<DataRelease>& from, const DataRelease& to,
                        const DatabaseState& state) {
  Move move;
  move.direction = Direction::kDown;
  move.from_release = state.release;
  move.from_version = state.version;
  move.to_release = from ? from->release : "";
  move.to_version = from ? static_cast<int64_t>(from->spec.Level()) : state.baseline;
  for (auto applied = state.applied.rbegin(); applied != state.applied.rend(); ++applied) {
    if (applied->step.number <= move.to_version) break;
    auto step = TRY(DownOf(*applied, to.spec));
    if (!step.down) return NoWayBack(step, true, std::nullopt);
    move.steps.push_back(std::move(step));
  }
  return move;
}

}  // namespace ignite::handlers
