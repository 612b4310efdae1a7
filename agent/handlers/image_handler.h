// Payload type `image`: an operating system in the device of the slot that does not run.
#pragma once

#include "agent/handlers/slot_handler.h"
#include "payload-format/image/image_spec.h"

namespace ignite::handlers {

class ImageHandler : public SlotHandler {
 public:
  ImageHandler(FileSystem& files, const engine::ProbePaths& paths, const engine::Settings& settings,
               engine::Boot& boot)
      : SlotHandler(files, paths, settings, boot) {}

  bool BelongsTo(format::Kind kind) const override { return format::ImageSpec::BelongsTo(kind); }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override {
    return format::ImageSpec::Check(payload);
  }
  /// With the size of the image, which its spec does not say.
  Json RecordedSpec(const format::PayloadInfo& payload) const override;
  /// A slot has its own room, which CheckTargets measures.
  Result<std::vector<engine::SpaceNeed>> SpaceNeeds(const engine::Change&) const override {
    return std::vector<engine::SpaceNeed>();
  }
  /// The bytes stay in their slot until another image is written over them.
  Result<> Discard(const engine::ComponentRecord&) override { return {}; }

 protected:
  FormOfSlot Form() const override {
    return {"an", "image", "device", "device", &engine::SlotPlace::device};
  }
  std::string PlaceOf(engine::Slot slot) const override { return settings_.PlaceOf(slot).device; }
  Result<> CheckSlot(engine::Slot slot, const engine::ComponentRecord& record) const override;
  Result<std::unique_ptr<engine::Staging>> OpenSlot(engine::Slot slot,
                                                    const engine::ComponentRecord& record,
                                                    engine::Watch watch) override;
  /// Whoever runs the system may have written to its device, so bytes tell nothing.
  Result<std::vector<std::string>> CompareSlot(engine::Slot, const engine::ComponentRecord&,
                                               Compare) const override {
    return std::vector<std::string>();
  }
  Result<bool> SlotIsWhole(engine::Slot, const engine::ComponentRecord&) const override {
    return true;
  }
};

}  // namespace ignite::handlers
