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
#include "agent/handlers/migration_course.h"
#include "agent/handlers/program_store.h"
#include "base/process.h"
#include "migrations/database.h"

namespace ignite::handlers {

class MigrationsHandler : public engine::Handler {
 public:
  MigrationsHandler(FileSystem& files, Process& process, const engine::ProbePaths& paths,
                    const engine::Settings& settings)
      : files_(files),
        process_(process),
        paths_(paths),
        settings_(settings),
        programs_(files, paths) {}

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
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change) override;
  Result<std::string> ReleasePath(const engine::ComponentRecord& record) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const override;
  Result<> Activate(const engine::Change& change) override;
  Result<> Undo(const engine::Change& change) override;
  Result<> Discard(const engine::ComponentRecord& record) override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord& record) const override;
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const override;

 private:
  /// Tries the change on a copy: up, the database's own checks, back, compared with the start, and
  /// up again. kRefused says which step fails.
  Result<> Rehearse(const engine::Change& change);

  struct Sides {
    std::optional<DataRelease> from;
    std::optional<DataRelease> to;
    const format::MigrationsSpec& any() const { return to ? to->spec : from->spec; }
  };
  static Result<Sides> SidesOf(const engine::Change& change);

  /// Who may open the database: its owner, or that of its folder where it does not exist. kRefused
  /// where that is root, or not us where we are not root.
  struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
  };
  Result<Account> AccountOf(const std::string& database) const;
  /// Host path of the database.
  std::string HostDatabase(const format::MigrationsSpec& spec) const;
  std::unique_ptr<migrations::Database> Open(const std::string& host_path,
                                             const Account& account) const;
  /// With the texts of the new release, which is staged.
  Result<Course> CourseOf(const engine::Change& change, const Sides& sides,
                          const migrations::DatabaseState& state) const;
  /// The text of a file of this release.
  LoadText Loader(const std::optional<engine::ComponentRecord>& record) const;
  Result<> RunMove(migrations::Database& database, const std::string& host_path,
                   const Account& account, const migrations::Move& move,
                   const engine::Change& change);
  Result<> RunProgram(const migrations::Move& move, const std::string& host_path,
                      const Account& account, const engine::Change& change);
  Result<> RehearseOn(migrations::Database& copy, const std::string& path, const Account& account,
                      const Course& course, const engine::Change& change);

  /// A folder that the owner of the database can write to, for copies of it; made anew.
  Result<> MakeWorkFolder(const std::string& folder, const Account& account);
  std::string Copies(std::string_view component) const;
  /// Where the copy lies that leads back from `to` to `from`.
  std::string SnapshotFolder(const engine::Change& change) const;

  FileSystem& files_;
  Process& process_;
  const engine::ProbePaths& paths_;
  const engine::Settings& settings_;
  ProgramStore programs_;
};

}  // namespace ignite::handlers
