// Payload type `image`: an operating system in the slot that does not run.
//
// Staging writes it there, so the system that the slot had is given up; that it is entered, and
// that the loader stays with it, the engine sees to (agent/engine/boot.h). Two slots hold two
// systems: a deployment can be returned to as long as one of them has its own.
#pragma once

#include "agent/engine/boot.h"
#include "agent/engine/handler.h"
#include "agent/engine/settings.h"
#include "agent/handlers/slot_notes.h"
#include "payload-format/image/image_spec.h"

namespace ignite::handlers {

class ImageHandler : public engine::Handler {
 public:
  ImageHandler(FileSystem& files, const engine::ProbePaths& paths, const engine::Settings& settings,
               engine::Boot& boot)
      : settings_(settings), boot_(boot), notes_(files, paths) {}

  engine::Turn TurnOfActivation() const override { return engine::Turn::kSystem; }
  bool BelongsTo(format::Kind kind) const override { return format::ImageSpec::BelongsTo(kind); }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override {
    return format::ImageSpec::Check(payload);
  }
  /// With the size of the image, which its spec does not say.
  Json RecordedSpec(const format::PayloadInfo& payload) const override;
  Result<std::vector<engine::CheckResult>> CheckTargets(
      const engine::Change& change) const override;
  Result<std::vector<std::string>> Places(const engine::ComponentRecord&) const override {
    return std::vector<std::string>();
  }
  /// A slot has its own room, which CheckTargets measures.
  Result<std::vector<engine::SpaceNeed>> SpaceNeeds(const engine::Change&) const override {
    return std::vector<engine::SpaceNeed>();
  }
  Result<> Reserve(const engine::Change&) override { return {}; }
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change,
                                                 engine::Watch watch) override;
  Result<std::string> ReleasePath(const engine::ComponentRecord&) const override {
    return std::string();
  }
  Result<std::optional<engine::Slot>> SlotFor(const engine::Change& change,
                                              engine::Action action) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const override;
  Result<> Activate(const engine::Change&, const engine::Watch&) override { return {}; }
  Result<> Undo(const engine::Change&) override { return {}; }
  /// The bytes stay in their slot until another image is written over them.
  Result<> Discard(const engine::ComponentRecord&) override { return {}; }
  Result<std::vector<std::string>> StagingSteps(const engine::Change& change) const override;
  Result<std::vector<std::string>> ActivationSteps(const engine::Change& change) const override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord&) const override {
    return std::vector<engine::Unit>();
  }
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const override;

 private:
  /// The slot that has `to`, or what was there before ignite where the change has none.
  Result<std::optional<engine::Slot>> Holding(const engine::Change& change,
                                              engine::Slot booted) const;

  const engine::Settings& settings_;
  engine::Boot& boot_;
  SlotNotes notes_;
};

}  // namespace ignite::handlers
