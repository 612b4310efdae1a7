// Payload type `tree`: a folder of files that becomes live as PATH/current.
//
// Releases lie in PATH/releases/ID. PATH/current and the links of the recipe are fixed symbolic
// links through the probe's `active`, so the one switch moves them all; activation only makes those
// that are new and removes those that the new release no longer has.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
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
  Result<> Reserve(const engine::Change& change) override;
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change) override;
  Result<Json> Survey(const engine::AdoptedTree& tree) const override;
  Result<> StageAdopted(const engine::Change& change) override;
  Result<std::string> ReleasePath(const engine::ComponentRecord& record) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const override;
  Result<> Activate(const engine::Change& change) override;
  Result<> Undo(const engine::Change& change) override;
  Result<> Discard(const engine::ComponentRecord& record) override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord& record) const override;
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const override;

 private:
  /// A link at a fixed place, and the probe path it must lead to.
  struct PublicLink {
    std::string at;
    std::string target;
  };
  static Result<std::vector<PublicLink>> PublicLinks(
      const std::optional<engine::ComponentRecord>& record);

  Result<std::string> HostRelease(const engine::ComponentRecord& record) const;
  Result<SpaceReserve> ReserveOf(const engine::ComponentRecord& record) const;
  Result<> RemoveRelease(const engine::ComponentRecord& record);
  Result<std::string> LinkText(const PublicLink& link) const;
  enum class Standing : uint8_t { kNothing, kOurs, kForeign };
  /// What stands at the place of `link`. Ours is `link` itself, or the one of `others` that has the
  /// same place.
  Result<Standing> StandingAt(const PublicLink& link, const std::vector<PublicLink>& others) const;
  /// Why no folder can be made at this probe path; nullopt where one is or can be.
  Result<std::optional<std::string>> BlockedFolder(const std::string& folder) const;

  enum class Foreign : uint8_t { kRefused, kLeft };
  Result<> MoveLinks(const std::optional<engine::ComponentRecord>& from,
                     const std::optional<engine::ComponentRecord>& to, Foreign foreign);
  Result<> CreateAccounts(const format::TreeSpec& spec);

  FileSystem& files_;
  Process& process_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
