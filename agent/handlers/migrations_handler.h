// Payload type `migrations`: the steps of a database.
//
// Staging puts the folder of steps below /var/lib/ignite/programs and rehearses them on a copy of
// the database. Activation runs them in one transaction of the database; the undo takes them back
// by the downs that the database keeps, or by a snapshot where a step has no such way back.
// Everything that opens the database is a worker process of its owner.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
#include "agent/engine/settings.h"
#include "agent/handlers/database_access.h"
#include "agent/handlers/database_notes.h"
#include "agent/handlers/migration_course.h"
#include "agent/handlers/migration_words.h"
#include "agent/handlers/program_store.h"
#include "base/clock.h"
#include "base/process.h"

namespace ignite::handlers {

class MigrationsHandler : public engine::Handler {
 public:
  MigrationsHandler(FileSystem& files, Process& process, Clock& clock,
                    const engine::ProbePaths& paths, const engine::Settings& settings)
      : files_(files),
        process_(process),
        clock_(clock),
        paths_(paths),
        settings_(settings),
        programs_(files, paths),
        databases_(files, process, paths),
        notes_(files, paths) {}

  engine::Turn TurnOfActivation() const override { return engine::Turn::kData; }
  bool BelongsTo(format::Kind kind) const override {
    return format::MigrationsSpec::BelongsTo(kind);
  }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override {
    return format::MigrationsSpec::Check(payload);
  }
  Result<std::vector<engine::CheckResult>> CheckTargets(
      const engine::Change& change) const override;
  Result<std::vector<std::string>> Places(const engine::ComponentRecord& record) const override;
  Result<std::vector<engine::SpaceNeed>> SpaceNeeds(const engine::Change& change) const override;
  Result<> Reserve(const engine::Change& change) override;
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change,
                                                 engine::Watch watch) override;
  Result<std::string> ReleasePath(const engine::ComponentRecord& record) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const override;
  Result<> Activate(const engine::Change& change, const engine::Watch& watch) override;
  Result<> Undo(const engine::Change& change) override;
  Result<> Discard(const engine::ComponentRecord& record) override;
  Result<std::vector<std::string>> StagingSteps(const engine::Change& change) const override;
  Result<std::vector<std::string>> ActivationSteps(const engine::Change& change) const override;
  Result<std::vector<std::string>> Remarks(const engine::Change& change) const override;
  Result<std::vector<std::string>> UndoRemarks(const engine::Change& change) const override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord& record) const override;
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const override;

 private:
  struct Sides {
    std::optional<DataRelease> from;
    std::optional<DataRelease> to;
    const format::MigrationsSpec& any() const { return to ? to->spec : from->spec; }
  };
  static Result<Sides> SidesOf(const engine::Change& change);

  Result<Course> CourseOf(const engine::Change& change, const Sides& sides,
                          const migrations::DatabaseState& state, const LoadText& load) const;
  /// Without texts, for a person who asks before anything is staged.
  struct Prospect {
    DatabaseWords database;
    Course course;
    std::optional<KeptSnapshot> snapshot;
  };
  Result<Prospect> ProspectOf(const engine::Change& change) const;
  /// With the texts of the new release, which is staged.
  Result<Course> StagedCourse(const engine::Change& change, const Sides& sides,
                              const migrations::DatabaseState& state) const;
  /// Without a watch it cannot be stopped.
  Result<> RunMove(const DatabasePlace& place, const migrations::Move& move,
                   const engine::Change& change, const engine::Watch& watch);
  Result<> RunProgram(const DatabasePlace& place, const migrations::Move& move,
                      const engine::Change& change, const migrations::WatchWork& watch);

  /// Tries the change on a copy: up, the database's own checks, back, compared with the start, and
  /// up again. kRefused says which step fails.
  Result<> Rehearse(const engine::Change& change, const engine::Watch& watch);
  /// Gives the bytes of the copy.
  Result<uint64_t> RehearseOn(const DatabasePlace& copy, const Course& course,
                              const engine::Change& change, const engine::Watch& watch);
  /// What a rehearsal that was cut off has left: its folder stays as long as the copy does.
  Result<> DropRehearsal(const DatabasePlace& place, const std::string& component);

  /// A folder that the owner of the database can write to, for copies of it; made anew.
  Result<> MakeWorkFolder(const std::string& folder, const DatabasePlace& place);
  std::string RehearsalFolder(const std::string& component) const;
  /// "FROM_to_TO"
  static std::string NameOf(const engine::Change& change);
  /// Before a snapshot is restored keeps what the database is now. Where that cannot be, the note
  /// says why, and the restore goes on.
  void KeepReplaced(const engine::Change& change, const DatabasePlace& place, uint64_t bytes,
                    int64_t since);
  Result<> CopyReplaced(const std::string& path, const DatabasePlace& place, uint64_t bytes);

  /// What the database was when it left `from` for `to`.
  std::string Snapshot(const engine::Change& change) const;
  /// The snapshot that leads back over the change, which goes down.
  Result<std::optional<KeptSnapshot>> SnapshotFor(const engine::Change& change) const;

  FileSystem& files_;
  Process& process_;
  Clock& clock_;
  const engine::ProbePaths& paths_;
  const engine::Settings& settings_;
  ProgramStore programs_;
  DatabaseAccess databases_;
  DatabaseNotes notes_;
};

}  // namespace ignite::handlers
