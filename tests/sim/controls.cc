#include "tests/sim/controls.h"

#include <sqlite3.h>

namespace ignite::sim {
namespace {

using engine::Change;
using engine::ComponentRecord;

/// Neither sets the attributes of the folders nor syncs.
class UnfinishedStaging : public engine::Staging {
 public:
  explicit UnfinishedStaging(std::unique_ptr<engine::Staging> real) : real_(std::move(real)) {}
  Result<> BeginStream(size_t stream) override { return real_->BeginStream(stream); }
  Result<> Write(ByteView plain) override { return real_->Write(plain); }
  Result<> EndStream() override { return real_->EndStream(); }
  Result<> Finish() override { return {}; }

 private:
  std::unique_ptr<engine::Staging> real_;
};

class WeakHandler : public engine::Handler {
 public:
  WeakHandler(engine::Handler& real, Control control) : real_(real), control_(control) {}

  bool BelongsTo(format::Kind kind) const override { return real_.BelongsTo(kind); }
  Result<> CheckPayload(const format::PayloadInfo& payload) const override {
    return real_.CheckPayload(payload);
  }
  Result<std::vector<engine::CheckResult>> CheckTargets(const Change& change) const override {
    return real_.CheckTargets(change);
  }
  Result<std::vector<std::string>> Places(const ComponentRecord& record) const override {
    return real_.Places(record);
  }
  Result<std::vector<engine::SpaceNeed>> SpaceNeeds(const Change& change) const override {
    return real_.SpaceNeeds(change);
  }
  Result<std::vector<engine::SpaceNeed>> ActivationNeeds(const Change& change) const override {
    return real_.ActivationNeeds(change);
  }
  Result<int64_t> SignedTime(const ComponentRecord& record) const override {
    return real_.SignedTime(record);
  }
  Result<> Reserve(const Change& change) override { return real_.Reserve(change); }
  Result<std::unique_ptr<engine::Staging>> Stage(const Change& change,
                                                 engine::Watch watch) override {
    auto staging = TRY(real_.Stage(change, std::move(watch)));
    if (control_ != Control::kStagingNotFinished) return staging;
    return std::unique_ptr<engine::Staging>(
        std::make_unique<UnfinishedStaging>(std::move(staging)));
  }
  Result<std::optional<engine::Slot>> SlotFor(const Change& change,
                                              engine::Action action) const override {
    return real_.SlotFor(change, action);
  }
  engine::Turn TurnOfActivation() const override { return real_.TurnOfActivation(); }
  Result<std::string> ReleasePath(const ComponentRecord& record) const override {
    return real_.ReleasePath(record);
  }
  Result<bool> HasRelease(const ComponentRecord& record) const override {
    return real_.HasRelease(record);
  }
  Result<> Activate(const Change& change, const engine::Watch& watch) override {
    return control_ == Control::kActivateDoesNothing ? Result<>() : real_.Activate(change, watch);
  }
  Result<> Undo(const Change& change) override {
    return control_ == Control::kUndoDoesNothing ? Result<>() : real_.Undo(change);
  }
  Result<> Discard(const ComponentRecord& record) override {
    return control_ == Control::kDiscardDoesNothing ? Result<>() : real_.Discard(record);
  }
  Result<std::vector<engine::Unit>> Units(const ComponentRecord& record) const override {
    return real_.Units(record);
  }
  Result<std::vector<std::string>> FindDifferences(const ComponentRecord& record,
                                                   Compare compare) const override {
    return real_.FindDifferences(record, compare);
  }

 private:
  engine::Handler& real_;
  Control control_;
};

/// SQL that takes a write of the journal away.
const char* lost_in_journal = nullptr;

int LoseIn(sqlite3* database, char**, const sqlite3_api_routines*) {
  (void)sqlite3_exec(database, lost_in_journal, nullptr, nullptr, nullptr);
  // Where the journal is made just now it has no such table yet: then that was no error.
  return sqlite3_exec(database, "SELECT 1", nullptr, nullptr, nullptr);
}

}  // namespace

void LoseInJournal(Control control) {
  if (control == Control::kStepsNotJournaled) {
    lost_in_journal =
        "CREATE TEMP TRIGGER lose BEFORE INSERT ON main.steps BEGIN SELECT RAISE(IGNORE); END";
  }
  if (control == Control::kActivationNotJournaled) {
    lost_in_journal =
        "CREATE TEMP TRIGGER lose BEFORE UPDATE ON main.transactions WHEN NEW.state = 'applying' "
        "BEGIN SELECT RAISE(IGNORE); END";
  }
  if (lost_in_journal != nullptr)
    (void)sqlite3_auto_extension(reinterpret_cast<void (*)()>(LoseIn));
}

engine::Handler* WeakHandlers::Find(std::string_view type, std::string_view component) {
  engine::Handler* real = real_.Find(type, component);
  if (real == nullptr || control_ == Control::kNone) return real;
  auto& weak = weak_[real];
  if (weak == nullptr) weak = std::make_unique<WeakHandler>(*real, control_);
  return weak.get();
}

}  // namespace ignite::sim
