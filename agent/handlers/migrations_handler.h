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
#include "agent/handlers/data_mover.h"
#include "agent/handlers/data_rehearsal.h"
#include "agent/handlers/data_snapshots.h"
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
        paths_(paths),
        settings_(settings),
        programs_(files, paths),
        databases_(files, process, paths),
        notes_(files, paths),
        mover_(process, paths, programs_, databases_),
        snapshots_(files, databases_, notes_),
        rehearsal_(files, clock, settings, databases_, mover_, snapshots_, notes_) {}

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
  Result<std::vector<engine::SpaceNeed>> ActivationNeeds(
      const engine::Change& change) const override;
  Result<> Reserve(const engine::Change& change) override;
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change,
                                                 engine::Watch watch) override;
  Result<std::string> ReleasePath(const engine::ComponentRecord& record) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const override;
  void NoteSystem(const engine::ComponentRecord& record) override;
  Result<> CheckSystem(const engine::ComponentRecord& record) override;
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
  /// Host path of what a restore has replaced.
  std::string KeptFile(const engine::Change& change, const Replaced& replaced) const;
  Result<std::string> LossOf(const engine::Change& change, const Replaced& replaced) const;
  /// Of the database, where the change moves it; else, and where it cannot be read, 0: the check of
  /// the targets says why.
  uint64_t BytesToMove(const Sides& sides) const;

  /// For words and sizes alone: what was found there last, also where it was an error, for who
  /// holds the database, or a server that is not there, makes each reading wait.
  Result<migrations::DatabaseState> LastSeen(const DatabasePlace& place) const;
  /// What is found there now.
  Result<migrations::DatabaseState> Look(const DatabasePlace& place) const;

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
  Result<> Rehearse(const engine::Change& change, const engine::Watch& watch);

  FileSystem& files_;
  const engine::ProbePaths& paths_;
  const engine::Settings& settings_;
  ProgramStore programs_;
  DatabaseAccess databases_;
  DatabaseNotes notes_;
  DataMover mover_;
  DataSnapshots snapshots_;
  DataRehearsal rehearsal_;
  mutable std::map<std::string, Result<migrations::DatabaseState>> seen_;  // By address.
};

}  // namespace ignite::handlers
