// What both forms of an operating system have in common: a release is written to the slot that does
// not run, so the system that the slot had is given up; that it is entered, and that the loader
// stays with it, the engine sees to (agent/engine/boot.h). Two slots hold two systems: a deployment
// can be returned to as long as one of them has its own, in whatever form.
#pragma once

#include "agent/engine/boot.h"
#include "agent/engine/handler.h"
#include "agent/engine/settings.h"
#include "agent/handlers/slot_notes.h"

namespace ignite::handlers {

class SlotHandler : public engine::Handler {
 public:
  engine::Turn TurnOfActivation() const override { return engine::Turn::kSystem; }
  Result<std::vector<engine::CheckResult>> CheckTargets(const engine::Change& change) const final;
  Result<std::vector<std::string>> Places(const engine::ComponentRecord&) const override {
    return std::vector<std::string>();
  }
  /// What another program takes meanwhile ends the staging, and leaves the slot that runs alone.
  Result<> Reserve(const engine::Change&) override { return {}; }
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::Change& change,
                                                 engine::Watch watch) final;
  Result<std::string> ReleasePath(const engine::ComponentRecord&) const override {
    return std::string();
  }
  Result<std::optional<engine::Slot>> SlotFor(const engine::Change& change,
                                              engine::Action action) const override;
  Result<bool> HasRelease(const engine::ComponentRecord& record) const final;
  std::optional<std::string> FormTaken() const final;
  Result<> Activate(const engine::Change&, const engine::Watch&) override { return {}; }
  Result<> Undo(const engine::Change&) override { return {}; }
  Result<std::vector<std::string>> StagingSteps(const engine::Change& change) const override;
  Result<std::vector<std::string>> ActivationSteps(const engine::Change& change) const override;
  Result<std::vector<engine::Unit>> Units(const engine::ComponentRecord&) const override {
    return std::vector<engine::Unit>();
  }
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   Compare compare) const final;

 protected:
  SlotHandler(FileSystem& files, const engine::ProbePaths& paths, const engine::Settings& settings,
              engine::Boot& boot)
      : settings_(settings), boot_(boot), notes_(files, paths) {}

  /// What goes into a slot, and the key of agent.ini that names a place of the kind that it needs.
  struct FormOfSlot {
    std::string_view article;
    std::string_view name;
    std::string_view place_name;
    std::string_view key;
    std::string engine::SlotPlace::*place;
  };
  virtual FormOfSlot Form() const = 0;
  /// Where a slot is: a path of the host. Only for slots that have what Needs says.
  virtual std::string PlaceOf(engine::Slot slot) const = 0;
  /// What stands in the way of writing `record` to `slot`, which has a place: kRefused.
  virtual Result<> CheckSlot(engine::Slot slot, const engine::ComponentRecord& record) const = 0;
  /// Begins to write it: what the slot held goes.
  virtual Result<std::unique_ptr<engine::Staging>> OpenSlot(engine::Slot slot,
                                                            const engine::ComponentRecord& record,
                                                            engine::Watch watch) = 0;
  /// How a slot that should have `record` differs from it.
  virtual Result<std::vector<std::string>> CompareSlot(engine::Slot slot,
                                                       const engine::ComponentRecord& record,
                                                       Compare compare) const = 0;
  /// Whether a slot that is noted to have `record` has it, as far as a look tells.
  virtual Result<bool> SlotIsWhole(engine::Slot slot,
                                   const engine::ComponentRecord& record) const = 0;

  const engine::Settings& settings_;
  engine::Boot& boot_;

 private:
  /// The slot that has `to`, or what was there before ignite where the change has none.
  Result<std::optional<engine::Slot>> Holding(const engine::Change& change,
                                              engine::Slot booted) const;
  /// kRefused where it could not be written to the slot that does not run.
  Result<> CheckPlace(const engine::ComponentRecord& record, engine::Slot booted) const;

  SlotNotes notes_;
};

}  // namespace ignite::handlers
