#include "agent/handlers/migrations_handler.h"

#include <unistd.h>

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/sql_text.h"
#include "migrations/worker.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::CheckResult;
using engine::ComponentRecord;
using format::MigrationsSpec;
using migrations::DatabaseState;
using migrations::Move;

constexpr mode_t kTraversable = 0755;
constexpr mode_t kOwnersOnly = 0700;
constexpr size_t kMaxText = size_t{16} * 1024 * 1024;
constexpr std::chrono::hours kProgramTimeout{1};
/// Debian's nogroup, in place of the group of root.
constexpr gid_t kNoGroup = 65534;
constexpr std::string_view kTo = "_to_";
constexpr std::string_view kNothing = "nothing";
constexpr std::string_view kRehearsal = "rehearsal";
constexpr std::string_view kCopyName = "/copy.db";

Move Reversed(const Move& move) {
  Move back;
  back.direction = migrations::Direction::kDown;
  back.from_release = move.to_release;
  back.from_version = move.to_version;
  back.to_release = move.from_release;
  back.to_version = move.from_version;
  back.steps.assign(move.steps.rbegin(), move.steps.rend());
  return back;
}

}  // namespace

Result<MigrationsHandler::Sides> MigrationsHandler::SidesOf(const Change& change) {
  Sides sides;
  if (change.from) sides.from = TRY(DataRelease::Of(*change.from));
  if (change.to) sides.to = TRY(DataRelease::Of(*change.to));
  return sides;
}

std::string MigrationsHandler::HostDatabase(const MigrationsSpec& spec) const {
  return paths_.Host(spec.database);
}

Result<MigrationsHandler::Account> MigrationsHandler::AccountOf(const std::string& database) const {
  std::string path = paths_.Host(database);
  auto info = TRY(files_.Inspect(path));
  if (info && info->type != FileInfo::Type::kFile) {
    return Error{ErrorCode::kRefused, StrCat(database, " is no file"),
                 "put the database itself there"};
  }
  bool exists = info.has_value();
  if (!exists) info = TRY(files_.Inspect(ParentOf(path)));
  if (!info) {
    return Error{ErrorCode::kRefused,
                 StrCat("there is no folder ", ParentOf(database), " for the database"),
                 "make it, and give it to the user of the application with chown"};
  }
  std::string whose = exists ? database : ParentOf(database);
  if (info->uid == 0) {
    return Error{ErrorCode::kRefused, StrCat(whose, " belongs to root"),
                 StrCat("migrations run as the owner of the database: chown USER: ", whose,
                        exists ? StrCat(" ", ParentOf(database)) : "")};
  }
  if (geteuid() != 0 && info->uid != geteuid()) {
    return Error{ErrorCode::kRefused, StrCat(whose, " belongs to another user"),
                 "run ignite as root"};
  }
  return Account{info->uid, info->gid == 0 ? kNoGroup : info->gid};
}

std::unique_ptr<migrations::Database> MigrationsHandler::Open(const std::string& host_path,
                                                              const Account& account) const {
  return migrations::MakeDatabaseOfWorker(
      process_, {migrations::Engine::kSqlite, host_path, account.uid, account.gid});
}

LoadText MigrationsHandler::Loader(const std::optional<ComponentRecord>& record) const {
  std::string folder = record ? programs_.Folder(*record) : "";
  return [this, folder](const std::string& file) -> Result<std::string> {
    return files_.ReadFile(StrCat(folder, "/", file), kMaxText);
  };
}

Result<Course> MigrationsHandler::CourseOf(const Change& change, const Sides& sides,
                                           const DatabaseState& state) const {
  LoadText load = Loader(change.to);
  Course course = TRY(PlanCourse(sides.from, sides.to, state, load));
  if (sides.to && sides.to->spec.has_verify) {
    std::string text = TRY(load(std::string(MigrationsSpec::kVerify)));
    course.move.verify = migrations::SplitQueries(text, migrations::Engine::kSqlite);
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
  auto account = AccountOf(sides.any().database);
  if (!account) {
    if (account.error().code != ErrorCode::kRefused) return std::move(account).error();
    find(account.error());
    return findings;
  }
  auto state = Open(HostDatabase(sides.any()), *account)->Read();
  if (!state) {
    find(state.error());
    return findings;
  }
  if (state->is_managed && state->schema != state->recorded_schema &&
      settings_.drift == engine::Drift::kRefused) {
    find({ErrorCode::kRefused,
          StrCat("the schema of ", sides.any().database, " was changed by hand: ",
                 migrations::FirstDifference(state->recorded_schema, state->schema)),
          "take the change back, or set 'drift = accept' in [policy] of agent.ini"});
  }
  auto course = PlanCourse(sides.from, sides.to, *state, nullptr);
  if (!course) {
    if (course.error().code != ErrorCode::kRefused) return std::move(course).error();
    find(course.error());
  }
  return findings;
}

Result<std::vector<std::string>> MigrationsHandler::Places(const ComponentRecord& record) const {
  return std::vector<std::string>{TRY(MigrationsSpec::FromJson(record.spec)).database};
}

Result<std::vector<engine::SpaceNeed>> MigrationsHandler::SpaceNeeds(const Change& change) const {
  std::vector<engine::SpaceNeed> needs;
  if (!change.to) return needs;
  Sides sides = TRY(SidesOf(change));
  needs = programs_.SpaceNeeds(sides.to->spec.folder);
  auto info = TRY(files_.Inspect(HostDatabase(sides.any())));
  // The rehearsal's copy goes before the snapshot comes; both may grow by what a step rewrites.
  if (info) needs.push_back({paths_.State(), info->size * 2, 4});
  return needs;
}

Result<> MigrationsHandler::Reserve(const Change& change) {
  return programs_.Reserve(*change.to, TRY(SidesOf(change)).to->spec.folder);
}

Result<std::unique_ptr<engine::Staging>> MigrationsHandler::Stage(const Change& change) {
  Sides sides = TRY(SidesOf(change));
  return programs_.Stage(*change.to, sides.to->spec.folder, {},
                         [this, change] { return Rehearse(change); });
}

std::string MigrationsHandler::Copies(std::string_view component) const {
  return StrCat(paths_.State(), "/snapshots/", component);
}

std::string MigrationsHandler::SnapshotFolder(const Change& change) const {
  return StrCat(Copies(change.any().component), "/",
                change.from ? change.from->release : std::string(kNothing), kTo,
                change.to ? change.to->release : std::string(kNothing));
}

Result<> MigrationsHandler::MakeWorkFolder(const std::string& folder, const Account& account) {
  TRY(files_.RemoveTree(folder));
  TRY(files_.MakeDirectories(ParentOf(folder), kTraversable));
  auto tree = TRY(files_.CreateTree(folder));
  FileAttributes attributes;
  attributes.mode = kOwnersOnly;
  attributes.uid = account.uid;
  attributes.gid = account.gid;
  TRY(tree->SetDirectoryAttributes("", attributes));
  return files_.SyncFileSystem(folder);
}

Result<> MigrationsHandler::RunProgram(const Move& move, const std::string& host_path,
                                       const Account& account, const Change& change) {
  const migrations::Step& step = move.steps[0];
  bool is_up = move.direction == migrations::Direction::kUp;
  Sides sides = TRY(SidesOf(change));
  const auto& release = is_up ? sides.to : sides.from;
  const ComponentRecord& record = is_up ? *change.to : *change.from;
  for (const format::Step& named : release->spec.folder.steps) {
    if (named.number != static_cast<uint64_t>(step.number)) continue;
    Command command;
    command.arguments = {StrCat(programs_.Folder(record), "/", is_up ? named.up : named.down)};
    command.environment = {StrCat("IGNITE_DATABASE=", host_path),
                           StrCat("IGNITE_ROOT=", paths_.Root())};
    command.timeout = kProgramTimeout;
    command.confinement = Confinement{.uid = account.uid,
                                      .gid = account.gid,
                                      .writable = std::vector<std::string>{ParentOf(host_path)},
                                      .network = false};
    return CheckOutcome(command, TRY(process_.Run(command)));
  }
  return Error{ErrorCode::kInternal, StrCat("no release has the program of step ", step.number),
               "report this as a bug"};
}

Result<> MigrationsHandler::RunMove(migrations::Database& database, const std::string& host_path,
                                    const Account& account, const Move& move,
                                    const Change& change) {
  for (const Move& part : migrations::Split(move)) {
    if (!part.steps.empty() && part.steps[0].is_program)
      TRY(RunProgram(part, host_path, account, change));
    TRY(database.Run(part));
  }
  return {};
}

Result<> MigrationsHandler::Rehearse(const Change& change) {
  if (settings_.rehearse == engine::Rehearse::kOff) return {};
  Sides sides = TRY(SidesOf(change));
  const MigrationsSpec& spec = sides.any();
  Account account = TRY(AccountOf(spec.database));
  auto live = Open(HostDatabase(spec), account);
  DatabaseState state = TRY(live->Read());
  Course course = TRY(CourseOf(change, sides, state));
  if (course.move.steps.empty()) return {};
  std::string folder = StrCat(Copies(change.any().component), "/", kRehearsal);
  TRY(MakeWorkFolder(folder, account));
  std::string path = StrCat(folder, kCopyName);
  auto copy = Open(path, account);
  Result<> tried = live->Snapshot(path);
  bool has_copy = tried.has_value();
  if (tried) tried = RehearseOn(*copy, path, account, course, change);
  TRY(files_.RemoveTree(folder));
  if (tried) return {};
  bool is_optional = settings_.rehearse == engine::Rehearse::kPreferred;
  if (!has_copy && is_optional && tried.error().code == ErrorCode::kNoSpace) return {};
  return Error{
      tried.error().code == ErrorCode::kNoSpace ? ErrorCode::kNoSpace : ErrorCode::kRefused,
      StrCat("the rehearsal on a copy of ", spec.database, " failed: ", tried.error().cause),
      tried.error().remedy};
}

Result<> MigrationsHandler::RehearseOn(migrations::Database& copy, const std::string& path,
                                       const Account& account, const Course& course,
                                       const Change& change) {
  migrations::Fingerprint before = TRY(copy.Examine());
  TRY(RunMove(copy, path, account, course.move, change));
  migrations::Fingerprint after = TRY(copy.Examine());
  // What needs a snapshot to go back has no other way that could be tried.
  if (course.needs_snapshot) return {};
  TRY(RunMove(copy, path, account, Reversed(course.move), change));
  migrations::Fingerprint back;
  if (TRY(copy.Read()).exists) back = TRY(copy.Examine());
  if (back != before) {
    return Error{ErrorCode::kRefused,
                 StrCat("up and down again does not lead back to the start: ",
                        migrations::FirstDifference(before, back)),
                 "correct the down of the step, or mark the step '-- ignite: lossy'"};
  }
  TRY(RunMove(copy, path, account, course.move, change));
  migrations::Fingerprint again = TRY(copy.Examine());
  if (again.schema == after.schema) return {};
  return Error{ErrorCode::kRefused,
               StrCat("up, down and up again does not lead to the same schema: ",
                      migrations::FirstDifference(after, again)),
               "correct the down of the step"};
}

Result<std::string> MigrationsHandler::ReleasePath(const ComponentRecord& record) const {
  return StrCat(engine::ProbePaths::kState, "/programs/", record.component, "/", record.release);
}

Result<bool> MigrationsHandler::HasRelease(const ComponentRecord& record) const {
  return TRY(programs_.FindDifferences(record, CompareWhat::kDamage)).empty();
}

Result<> MigrationsHandler::Activate(const Change& change) {
  Sides sides = TRY(SidesOf(change));
  Account account = TRY(AccountOf(sides.any().database));
  std::string path = HostDatabase(sides.any());
  auto database = Open(path, account);
  DatabaseState state = TRY(database->Read());
  if (change.to && StandsAt(sides.to, state)) return {};
  if (!change.to && !state.is_managed) return {};
  Course course = TRY(CourseOf(change, sides, state));
  std::string folder = SnapshotFolder(change);
  // One of an earlier transaction must not pass for ours.
  TRY(files_.RemoveTree(folder));
  if (course.needs_snapshot) {
    TRY(MakeWorkFolder(folder, account));
    TRY(database->Snapshot(StrCat(folder, kCopyName)));
  }
  return RunMove(*database, path, account, course.move, change);
}

Result<> MigrationsHandler::Undo(const Change& change) {
  Sides sides = TRY(SidesOf(change));
  Account account = TRY(AccountOf(sides.any().database));
  std::string path = HostDatabase(sides.any());
  auto database = Open(path, account);
  DatabaseState state = TRY(database->Read());
  if (StandsAt(sides.from, state)) return {};
  std::string copy = StrCat(SnapshotFolder(change), kCopyName);
  if (TRY(files_.Inspect(copy))) return database->Restore(copy);
  if (!sides.to) {
    return Error{ErrorCode::kIo, StrCat("the snapshot ", copy, " is gone"),
                 "restore the database from a backup"};
  }
  Move back = TRY(PlanReturn(sides.from, *sides.to, state));
  return RunMove(*database, path, account, back, {change.to, change.from});
}

Result<> MigrationsHandler::Discard(const ComponentRecord& record) {
  std::string copies = Copies(record.component);
  for (const std::string& name : TRY(files_.List(copies))) {
    bool is_its = name == kRehearsal || name.starts_with(StrCat(record.release, kTo)) ||
                  name.ends_with(StrCat(kTo, record.release));
    if (is_its) TRY(files_.RemoveTree(StrCat(copies, "/", name)));
  }
  return programs_.Discard(record);
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
  auto account = AccountOf(release.spec.database);
  auto state = account ? Open(HostDatabase(release.spec), *account)->Read()
                       : Result<DatabaseState>(account.error());
  std::string_view database = release.spec.database;
  if (!state) {
    differences.push_back(StrCat(database, ": ", state.error().cause));
  } else if (!StandsAt(release, *state)) {
    differences.push_back(
        StrCat(database, ": is at version ", state->version, " instead of ", release.spec.Level()));
  } else if (compare == Compare::kEverything && state->schema != state->recorded_schema) {
    differences.push_back(
        StrCat(database, ": its schema was changed by hand: ",
               migrations::FirstDifference(state->recorded_schema, state->schema)));
  }
  return differences;
}

}  // namespace ignite::handlers
