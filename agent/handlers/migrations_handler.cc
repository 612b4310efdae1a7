#include "agent/handlers/migrations_handler.h"

#include <algorithm>

#include "agent/handlers/postgresql_servers.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/sql_text.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::CheckResult;
using engine::ComponentRecord;
using engine::Watch;
using format::MigrationsSpec;
using migrations::DatabaseState;
using migrations::Differences;
using migrations::Move;

constexpr size_t kMaxText = size_t{16} * 1024 * 1024;

}  // namespace

Result<MigrationsHandler::Sides> MigrationsHandler::SidesOf(const Change& change) {
  Sides sides;
  if (change.from) sides.from = TRY(DataRelease::Of(*change.from));
  if (change.to) sides.to = TRY(DataRelease::Of(*change.to));
  return sides;
}

uint64_t MigrationsHandler::BytesToMove(const Sides& sides) const {
  if (sides.from && sides.to && sides.from->spec.Level() == sides.to->spec.Level()) return 0;
  auto place = databases_.Find(sides.any());
  if (!place) return 0;
  if (place->engine == migrations::Engine::kPostgresql) {
    auto state = LastSeen(*place);
    return state ? state->bytes : 0;
  }
  auto size = databases_.SizeOf(*place);
  return size ? size->value_or(0) : 0;
}

Result<DatabaseState> MigrationsHandler::LastSeen(const DatabasePlace& place) const {
  auto seen = seen_.find(place.address);
  return seen == seen_.end() ? Look(place) : seen->second;
}

Result<DatabaseState> MigrationsHandler::Look(const DatabasePlace& place) const {
  return seen_.insert_or_assign(place.address, databases_.Open(place)->Read()).first->second;
}

Result<Course> MigrationsHandler::CourseOf(const Change& change, const Sides& sides,
                                           const DatabaseState& state, const LoadText& load) const {
  return PlanCourse(sides.from, sides.to, state, load, TRY(snapshots_.Behind(change)));
}

Result<Course> MigrationsHandler::StagedCourse(const Change& change, const Sides& sides,
                                               const DatabaseState& state) const {
  std::string folder = change.to ? programs_.Folder(*change.to) : "";
  LoadText load = [&](const std::string& file) {
    return files_.ReadFile(StrCat(folder, "/", file), kMaxText);
  };
  Course course = TRY(CourseOf(change, sides, state, load));
  if (sides.to && sides.to->spec.has_verify) {
    std::string text = TRY(load(std::string(MigrationsSpec::kVerify)));
    migrations::Engine engine = EngineOf(sides.to->spec);
    // What is not closed would end the queries early, and with them the test.
    if (auto form = migrations::NormalForm(text, engine); !form) {
      return Error{ErrorCode::kCorrupt, StrCat(MigrationsSpec::kVerify, ", ", form.error().cause),
                   "build the bundle anew"};
    }
    for (const auto& query : migrations::SplitStatements(text, engine))
      course.move.verify.emplace_back(query.text);
  }
  return course;
}

Result<std::vector<CheckResult>> MigrationsHandler::CheckTargets(const Change& change) const {
  std::vector<CheckResult> findings;
  auto find = [&](const Error& error) {
    findings.push_back({"targets", false, error.cause, error.remedy});
  };
  Sides sides = TRY(SidesOf(change));
  if (sides.from && sides.to && sides.from->spec.database != sides.to->spec.database) {
    find({ErrorCode::kRefused,
          StrCat("the database of ", change.to->component, " would move from ",
                 sides.from->spec.database, " to ", sides.to->spec.database),
          "keep its place; another database is another component"});
    return findings;
  }
  auto place = databases_.Find(sides.any());
  if (!place) {
    if (place.error().code != ErrorCode::kRefused) return std::move(place).error();
    find(place.error());
    return findings;
  }
  auto state = Look(*place);
  if (!state) {
    find(state.error());
    return findings;
  }
  if (state->is_managed && state->schema != state->recorded_schema &&
      settings_.drift == engine::Drift::kRefused) {
    find({ErrorCode::kRefused,
          StrCat("the schema of ", sides.any().database, " was changed by hand: ",
                 DriftWords(Differences(state->recorded_schema, state->schema))),
          "take the change back, or set 'drift = accept' in [policy] of agent.ini"});
  }
  auto course = CourseOf(change, sides, *state, nullptr);
  if (!course) {
    if (course.error().code != ErrorCode::kRefused) return std::move(course).error();
    find(course.error());
  }
  return findings;
}

Result<std::vector<std::string>> MigrationsHandler::Places(const ComponentRecord& record) const {
  return std::vector<std::string>{TRY(MigrationsSpec::FromJson(record.spec)).Place()};
}

Result<std::vector<engine::SpaceNeed>> MigrationsHandler::SpaceNeeds(const Change& change) const {
  std::vector<engine::SpaceNeed> needs;
  if (!change.to) return needs;
  Sides sides = TRY(SidesOf(change));
  needs = programs_.SpaceNeeds(sides.to->spec.folder);
  // The rehearsal's copy goes before the snapshot comes, and may grow by what its steps rewrite.
  // That of PostgreSQL lies on its server, and takes of its disk what there is.
  if (EngineOf(sides.to->spec) == migrations::Engine::kSqlite)
    needs.push_back({paths_.State(), BytesToMove(sides), 2});
  return needs;
}

Result<std::vector<engine::SpaceNeed>> MigrationsHandler::ActivationNeeds(
    const Change& change) const {
  std::vector<engine::SpaceNeed> needs;
  Sides sides = TRY(SidesOf(change));
  uint64_t bytes = BytesToMove(sides);
  if (bytes == 0) return needs;
  // Where there is no course the checks say why.
  auto prospect = ProspectOf(change);
  if (!prospect || prospect->course.needs_snapshot) needs.push_back({paths_.State(), bytes, 2});
  auto place = databases_.Find(sides.any());
  if (!place || place->engine == migrations::Engine::kPostgresql) return needs;
  // What it takes to give up in the middle, or what comes back.
  auto former = TRY(snapshots_.Behind(change));
  needs.push_back({place->address, std::max(bytes, former ? former->bytes : 0), 1});
  return needs;
}

Result<> MigrationsHandler::Reserve(const Change& change) {
  TRY(programs_.Reserve(*change.to, TRY(SidesOf(change)).to->spec.folder));
  Prospect prospect = TRY(ProspectOf(change));
  if (!prospect.course.needs_snapshot) return {};
  return snapshots_.Reserve(change, prospect.database.bytes.value_or(0));
}

Result<std::unique_ptr<engine::Staging>> MigrationsHandler::Stage(const Change& change,
                                                                  engine::Watch watch) {
  Sides sides = TRY(SidesOf(change));
  return programs_.Stage(
      *change.to, sides.to->spec.folder, {},
      [this, change, watch = std::move(watch)] { return Rehearse(change, watch); });
}

Result<> MigrationsHandler::Rehearse(const Change& change, const Watch& watch) {
  if (settings_.rehearse == engine::Rehearse::kOff) return {};
  Sides sides = TRY(SidesOf(change));
  DatabasePlace place = TRY(databases_.Find(sides.any()));
  DatabaseState state = TRY(databases_.Open(place)->Read());
  Course course = TRY(StagedCourse(change, sides, state));
  return course.move.steps.empty() ? Result<>()
                                   : rehearsal_.Run(place, state, course, change, watch);
}

Result<MigrationsHandler::Prospect> MigrationsHandler::ProspectOf(const Change& change) const {
  Sides sides = TRY(SidesOf(change));
  DatabasePlace place = TRY(databases_.Find(sides.any()));
  DatabaseState state = TRY(LastSeen(place));
  Prospect prospect;
  prospect.database = {change.any().component, place.name,
                       state.exists ? std::optional(state.bytes) : std::nullopt};
  prospect.course = TRY(CourseOf(change, sides, state, nullptr));
  prospect.snapshot = TRY(snapshots_.Behind(change));
  return prospect;
}

Result<std::vector<std::string>> MigrationsHandler::StagingSteps(const Change& change) const {
  std::vector<std::string> steps;
  if (settings_.rehearse == engine::Rehearse::kOff) return steps;
  // The checks say what is wrong with the database.
  auto prospect = ProspectOf(change);
  if (!prospect || prospect->course.move.steps.empty()) return steps;
  steps.push_back(RehearsalWords(prospect->database, prospect->course,
                                 notes_.LastRehearsal(change.any().component)));
  return steps;
}

Result<std::vector<std::string>> MigrationsHandler::ActivationSteps(const Change& change) const {
  auto prospect = ProspectOf(change);
  if (!prospect) return Handler::ActivationSteps(change);
  return ActivationWords(prospect->database, prospect->course, prospect->snapshot);
}

Result<std::vector<std::string>> MigrationsHandler::Remarks(const Change& change) const {
  std::vector<std::string> remarks;
  auto rehearsal = notes_.LastRehearsal(change.any().component);
  if (change.to && rehearsal && rehearsal->release == change.to->release)
    remarks.push_back(RehearsalRemark(change.to->component, *rehearsal));
  for (std::string& loss : TRY(UndoRemarks(change))) remarks.push_back(std::move(loss));
  // Back where a restore has left: the steps do not bring the rows of then.
  auto replaced = notes_.LastReplaced(change.any().component);
  bool is_back = replaced && change.to && DataSnapshots::IsOf(replaced->file, *change.to);
  if (is_back && TRY(files_.Inspect(KeptFile(change, *replaced))))
    remarks.push_back(TRY(LossOf(change, *replaced)));
  return remarks;
}

std::string MigrationsHandler::KeptFile(const Change& change, const Replaced& replaced) const {
  return StrCat(notes_.Folder(change.any().component), "/", replaced.file);
}

Result<std::string> MigrationsHandler::LossOf(const Change& change,
                                              const Replaced& replaced) const {
  return LossRemark(TRY(SidesOf(change)).any(), replaced, KeptFile(change, replaced));
}

Result<std::vector<std::string>> MigrationsHandler::UndoRemarks(const Change& change) const {
  std::vector<std::string> remarks;
  auto replaced = notes_.LastReplaced(change.any().component);
  if (replaced && replaced->change == DataSnapshots::NameOf(change))
    remarks.push_back(TRY(LossOf(change, *replaced)));
  return remarks;
}

Result<std::string> MigrationsHandler::ReleasePath(const ComponentRecord& record) const {
  return StrCat(engine::ProbePaths::kState, "/programs/", record.component, "/", record.release);
}

Result<bool> MigrationsHandler::HasRelease(const ComponentRecord& record) const {
  return TRY(programs_.FindDifferences(record, CompareWhat::kDamage)).empty();
}

void MigrationsHandler::NoteSystem(const ComponentRecord& record) {
  auto release = DataRelease::Of(record);
  auto place = release ? databases_.Find(release->spec) : Result<DatabasePlace>(release.error());
  if (!place || place->engine != migrations::Engine::kPostgresql) return;
  auto state = databases_.Open(*place)->Read();
  if (state) notes_.Write(record.component, Server{state->server});
}

Result<> MigrationsHandler::CheckSystem(const ComponentRecord& record) {
  DatabasePlace place = TRY(databases_.Find(TRY(DataRelease::Of(record)).spec));
  if (place.engine != migrations::Engine::kPostgresql) return {};
  auto state = databases_.Open(place)->Read();
  if (state) return {};
  if (auto former = notes_.LastServer(record.component))
    TRY(CheckPostgresql(files_, paths_, record.component, former->major));
  return std::move(state).error();
}

Result<> MigrationsHandler::Activate(const Change& change, const engine::Watch& watch) {
  Sides sides = TRY(SidesOf(change));
  DatabasePlace place = TRY(databases_.Find(sides.any()));
  DatabaseState state = TRY(databases_.Open(place)->Read());
  if (change.to && StandsAt(sides.to, state)) return {};
  if (!change.to && !state.is_managed) return {};
  Course course = TRY(StagedCourse(change, sides, state));
  std::string snapshot = snapshots_.Path(change);
  // Those of an earlier transaction must not pass for ours.
  TRY(files_.RemoveTree(ParentOf(snapshot)));
  notes_.ForgetReplaced(change.any().component, DataSnapshots::NameOf(change));
  if (course.needs_snapshot) {
    TRY(snapshots_.MakeFolder(ParentOf(snapshot), place));
    TRY(databases_.Open(place, Telling(watch, StrCat("keeping a snapshot of ", place.name)))
            ->Snapshot(snapshot));
  }
  if (course.restores) {
    KeptSnapshot former = TRY(snapshots_.Behind(change)).value();
    // The snapshot that leads back if the trial fails has it.
    notes_.Write(change.any().component, Replaced{DataSnapshots::NameOf(change), former.taken,
                                                  DataSnapshots::FileOf(change), ""});
    return databases_.Open(place, Telling(watch, StrCat("restoring ", place.name)))
        ->Restore(former.path);
  }
  // A copy of a SQLite database is the same in all; one of PostgreSQL may lack rows, or be missing.
  course.move.proves_return = place.engine == migrations::Engine::kPostgresql &&
                              !course.needs_snapshot &&
                              settings_.rehearse != engine::Rehearse::kOff;
  return mover_.Run(place, course.move, change, watch);
}

Result<> MigrationsHandler::Undo(const Change& change) {
  Sides sides = TRY(SidesOf(change));
  DatabasePlace place = TRY(databases_.Find(sides.any()));
  auto database = databases_.Open(place);
  std::string snapshot = snapshots_.Path(change);
  // A snapshot that was not finished may have filled the disk: its room comes first.
  if (!TRY(files_.Inspect(snapshot))) TRY(files_.RemoveTree(ParentOf(snapshot)));
  DatabaseState state = TRY(database->Read());
  if (StandsAt(sides.from, state)) return {};
  if (auto info = TRY(files_.Inspect(snapshot))) {
    // Not after the restore, which is all or nothing: then the database stands where it was.
    snapshots_.KeepReplaced(change, place, state.bytes, info->mtime.seconds);
    return database->Restore(snapshot);
  }
  if (!sides.to) {
    return Error{ErrorCode::kIo, StrCat("the snapshot ", snapshot, " is gone"),
                 "restore the database from a backup"};
  }
  Move back = TRY(PlanReturn(sides.from, *sides.to, state));
  auto returned = mover_.Run(place, back, {change.to, change.from}, {});
  if (returned || returned.error().code != ErrorCode::kRefused) return returned;
  // The step stays what its release brought: what was written since the move is not.
  return std::move(returned).error().WithRemedy(
      "change by hand what the message names of the rows that were written since the update");
}

Result<> MigrationsHandler::Discard(const ComponentRecord& record) {
  TRY(snapshots_.Discard(record));
  // Where its server does not answer the copy stays for the next rehearsal, which drops it first.
  auto place = databases_.Find(TRY(DataRelease::Of(record)).spec);
  if (place) (void)rehearsal_.Drop(*place, record.component);
  TRY(programs_.Discard(record));
  bool is_last = TRY(files_.List(ParentOf(programs_.Folder(record)))).empty();
  return is_last ? files_.RemoveTree(notes_.Folder(record.component)) : Result<>();
}

Result<std::vector<engine::Unit>> MigrationsHandler::Units(const ComponentRecord& record) const {
  std::vector<engine::Unit> units;
  for (const std::string& unit : TRY(MigrationsSpec::FromJson(record.spec)).units)
    units.push_back({unit, ""});
  return units;
}

Result<std::vector<std::string>> MigrationsHandler::FindDifferences(const ComponentRecord& record,
                                                                    Compare compare) const {
  CompareWhat what = WhatOf(compare);
  auto differences = TRY(programs_.FindDifferences(record, what));
  DataRelease release = TRY(DataRelease::Of(record));
  auto place = databases_.Find(release.spec);
  auto state = place ? databases_.Open(*place)->Read() : Result<DatabaseState>(place.error());
  std::string_view database = release.spec.database;
  if (!state) {
    differences.push_back(StrCat(database, ": ", state.error().cause));
  } else if (!StandsAt(release, *state)) {
    differences.push_back(
        StrCat(database, ": is at version ", state->version, " instead of ", release.spec.Level()));
  } else if (compare == Compare::kEverything && state->schema != state->recorded_schema) {
    for (const std::string& drift : Differences(state->recorded_schema, state->schema))
      differences.push_back(StrCat(database, ": its schema was changed by hand: ", drift));
  }
  return differences;
}

}  // namespace ignite::handlers
