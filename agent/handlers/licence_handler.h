// Payload type `licence`: a document that says which probes may use what, until when.
//
// A release is one file, LICENCES/ID below the state folder, with what the manifest says of the
// licence as JSON. The deployment's link `licence` leads to it, so applications find the present
// one at /var/lib/ignite/active/licence, and the one switch is all of its activation. No unit stops
// for it: an application reads the file when it wants to know.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
#include "base/file_system.h"
#include "payload-format/licence/licence_spec.h"

namespace ignite::handlers {

class LicenceHandler : public engine::Handler {
 public:
  /// `identities` are this probe's; they must live longer.
  LicenceHandler(FileSystem& files, const engine::ProbePaths& paths,
                 const std::vector<format::PrivateKey>& identities)
      : files_(files), paths_(paths), identities_(identities) {}

  bool BelongsTo(format::Kind kind) const override { return format::LicenceSpec::BelongsTo(kind); }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override;
  Result<std::vector<engine::CheckResult>> CheckTargets(
      const engine::Change& change) const override;
  Result<std::vector<std::string>> Places(const engine::ComponentRecord& record) const override;
  Result<std::vector<engine::SpaceNeed>> SpaceNeeds(const engine::Change& change) const override;
  Result<int64_t> SignedTime(const engine::ComponentRecord& record) const override;
  Result<bool> MayStageEarly(const engine::Change&) const override { return true; }
  /// A few hundred bytes: what is kept free anyway is enough.
  Result<> Reserve(const engine::Change&) override { return {}; }
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change,
                                                 engine::Watch watch) override;
  Result<std::string> ReleasePath(const engine::ComponentRecord& record) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const override;
  Result<> Activate(const engine::Change& change, const engine::Watch& watch) override;
  Result<> Undo(const engine::Change& change) override;
  Result<> Discard(const engine::ComponentRecord& record) override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord& record) const override;
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const override;

 private:
  std::string HostRelease(const engine::ComponentRecord& record) const;

  FileSystem& files_;
  const engine::ProbePaths& paths_;
  const std::vector<format::PrivateKey>& identities_;
};

}  // namespace ignite::handlers
