// Payload type `config`: a configuration that becomes live as PATH/current, as a tree does.
//
// Its programs make a release out of the live configuration, so that the edits of the customer
// survive: see config_workshop.h. Every version that was live, or was edited by hand, is kept with
// its release: see config_versions.h. Where the live configuration was edited after the staging,
// activation makes the release anew of it, with the units stopped.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
#include "agent/handlers/config_versions.h"
#include "agent/handlers/config_workshop.h"
#include "agent/handlers/fixed_links.h"
#include "agent/handlers/program_store.h"
#include "base/file_system.h"
#include "base/process.h"
#include "payload-format/config/config_spec.h"

namespace ignite::handlers {

class ConfigHandler : public engine::Handler {
 public:
  ConfigHandler(FileSystem& files, Process& process, const engine::ProbePaths& paths,
                const std::vector<format::PrivateKey>& identities)
      : files_(files),
        process_(process),
        paths_(paths),
        programs_(files, paths),
        versions_(files, paths),
        workshop_(files, process, paths, identities) {}

  engine::Turn TurnOfActivation() const override { return engine::Turn::kConfiguration; }
  bool BelongsTo(format::Kind kind) const override { return format::ConfigSpec::BelongsTo(kind); }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override;
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
  Result<std::vector<std::string>> Remarks(const engine::Change& change) const override;
  Result<std::vector<std::string>> UndoRemarks(const engine::Change& change) const override;
  Result<std::vector<engine::KeptVersion>> KeptVersions(const engine::ComponentRecord& record,
                                                        bool is_live) const override;
  Result<std::string> FolderOfVersion(const engine::ComponentRecord& record,
                                      std::string_view id) const override;
  Result<std::string> CompareVersions(const std::string& before,
                                      const std::string& after) const override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord&) const override {
    return std::vector<engine::Unit>();
  }
  Result<> CheckAccounts() const override { return workshop_.CheckAccount(); }
  /// Of the programs and the links: the configuration itself is its owner's to edit.
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const override;

 private:
  /// A program of a release that brought it.
  struct Run {
    const engine::ComponentRecord* brought_by;
    std::string file;
  };
  static Result<std::vector<Run>> RunsOf(const engine::Change& change);
  Result<std::string> HostRelease(const engine::ComponentRecord& record) const;
  /// The hash of the configuration that the change begins with; empty for none.
  Result<std::string> BaseOf(const engine::Change& change) const;
  /// Records what was edited by hand, then makes the release and its version 0.
  Result<> MakeRelease(const engine::Change& change, const engine::Watch& watch);

  FileSystem& files_;
  Process& process_;
  const engine::ProbePaths& paths_;
  ProgramStore programs_;
  ConfigVersions versions_;
  ConfigWorkshop workshop_;
};

}  // namespace ignite::handlers
