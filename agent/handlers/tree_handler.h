// Payload type `tree`: a folder of files that becomes live as PATH/current.
//
// Releases lie in PATH/releases/ID. PATH/current and the links of the recipe are fixed symbolic
// links (fixed_links.h).
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
#include "agent/handlers/fixed_links.h"
#include "agent/handlers/space_reserve.h"
#include "base/file_system.h"
#include "base/process.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::handlers {

class TreeHandler : public engine::Handler {
 public:
  TreeHandler(FileSystem& files, Process& process, const engine::ProbePaths& paths)
      : files_(files), process_(process), paths_(paths) {}

  bool BelongsTo(format::Kind kind) const override { return format::TreeSpec::BelongsTo(kind); }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override;
  Result<std::vector<engine::CheckResult>> CheckTargets(
      const engine::Change& change) const override;
  Result<std::vector<std::string>> Places(const engine::ComponentRecord& record) const override;
  Result<std::vector<engine::SpaceNeed>> SpaceNeeds(const engine::Change& change) const override;
  /// Not where it would make accounts.
  Result<bool> MayStageEarly(const engine::Change& change) const override;
  Result<> Reserve(const engine::Change& change) override;
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change,
                                                 engine::Watch watch) override;
  Result<Json> Survey(const engine::AdoptedTree& tree) const override;
  Result<> StageAdopted(const engine::Change& change) override;
  Result<std::string> ReleasePath(const engine::ComponentRecord& record) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const override;
  Result<> Activate(const engine::Change& change, const engine::Watch& watch) override;
  Result<> Undo(const engine::Change& change) override;
  Result<> Discard(const engine::ComponentRecord& record) override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord& record) const override;
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const override;

 private:
  static Result<std::vector<FixedLink>> LinksOf(
      const std::optional<engine::ComponentRecord>& record);

  Result<std::string> HostRelease(const engine::ComponentRecord& record) const;
  Result<SpaceReserve> ReserveOf(const engine::ComponentRecord& record) const;
  Result<> RemoveRelease(const engine::ComponentRecord& record);
  Result<> CreateAccounts(const format::TreeSpec& spec);

  FileSystem& files_;
  Process& process_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
