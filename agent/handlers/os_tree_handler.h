// Payload type `tree` of the component `os`: an operating system in the folder of the slot that
// does not run.
#pragma once

#include "agent/handlers/slot_folder.h"
#include "agent/handlers/slot_handler.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::handlers {

class OsTreeHandler : public SlotHandler {
 public:
  OsTreeHandler(FileSystem& files, const engine::ProbePaths& paths,
                const engine::Settings& settings, engine::Boot& boot)
      : SlotHandler(files, paths, settings, boot), files_(files), paths_(paths) {}

  bool BelongsTo(format::Kind kind) const override { return format::TreeSpec::BelongsTo(kind); }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override;
  /// The slot that is written next: what else lived there would go with its old content.
  Result<std::vector<std::string>> Places(const engine::ComponentRecord& record) const override;
  /// Of the tree, less what the slot gives back before.
  Result<std::vector<engine::SpaceNeed>> SpaceNeeds(const engine::Change& change) const override;
  /// The files stay in their slot until another operating system takes their place.
  Result<> Discard(const engine::ComponentRecord& record) override;

 protected:
  FormOfSlot Form() const override {
    return {"a", "tree", "folder", "path", &engine::SlotPlace::path};
  }
  std::string PlaceOf(engine::Slot slot) const override;
  Result<> CheckSlot(engine::Slot slot, const engine::ComponentRecord& record) const override;
  Result<std::unique_ptr<engine::Staging>> OpenSlot(engine::Slot slot,
                                                    const engine::ComponentRecord& record,
                                                    engine::Watch watch) override;
  Result<std::vector<std::string>> CompareSlot(engine::Slot slot,
                                               const engine::ComponentRecord& record,
                                               Compare compare) const override;
  Result<bool> SlotIsWhole(engine::Slot slot, const engine::ComponentRecord& record) const override;

 private:
  Result<SlotContent> LookInto(engine::Slot slot) const;
  std::string TableOf(const engine::ComponentRecord& record) const;

  FileSystem& files_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
