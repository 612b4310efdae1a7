#include "agent/handlers/slot_handler.h"

#include <filesystem>

#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::CheckResult;
using engine::ComponentRecord;
using engine::Slot;
using engine::SlotName;
using engine::Watch;

/// Notes what the slot holds, once the form says that it has it.
class SlotStaging : public engine::Staging {
 public:
  SlotStaging(std::unique_ptr<engine::Staging> form, SlotNotes notes, Slot slot, Slot booted,
              std::string release)
      : form_(std::move(form)),
        notes_(std::move(notes)),
        slot_(slot),
        booted_(booted),
        release_(std::move(release)) {}

  Result<> BeginStream(size_t stream) override { return form_->BeginStream(stream); }
  Result<> Write(ByteView plain) override { return form_->Write(plain); }
  Result<> EndStream() override { return form_->EndStream(); }
  Result<> Finish() override {
    TRY(form_->Finish());
    return notes_.Set(slot_, release_, booted_);
  }

 private:
  std::unique_ptr<engine::Staging> form_;
  SlotNotes notes_;
  Slot slot_;
  Slot booted_;
  std::string release_;
};

}  // namespace

Result<std::optional<Slot>> SlotHandler::Holding(const Change& change, Slot booted) const {
  return notes_.Find(change.to ? change.to->release : SlotNotes::kFromBefore, booted);
}

Result<std::vector<CheckResult>> SlotHandler::CheckTargets(const Change& change) const {
  std::vector<CheckResult> findings;
  auto find = [&](const Error& error) {
    findings.push_back({"targets", false, error.cause, error.remedy});
  };
  auto booted = boot_.Booted();
  auto next = booted ? boot_.Next() : Result<std::optional<Slot>>(booted.error());
  if (!next) {
    find(next.error());
    return findings;
  }
  if (auto held = TRY(Holding(change, *booted))) {
    // Notes that do not know what runs are not those of this probe's deployment.
    bool is_known = !change.from || TRY(notes_.Find(change.from->release, *booted));
    if (!is_known) {
      find({ErrorCode::kRefused, "it is not known any more which slot holds what",
            "install the bundle of the operating system that you want"});
    }
    return findings;
  }
  if (!change.to) {
    find({ErrorCode::kRefused, "the operating system from before ignite is in neither slot",
          "return to a deployment whose system is still there"});
    return findings;
  }
  if (auto checked = CheckPlace(*change.to, *booted); !checked) find(checked.error());
  return findings;
}

Result<> SlotHandler::CheckPlace(const ComponentRecord& record, Slot booted) const {
  Slot slot = OtherThan(booted);
  const FormOfSlot form = Form();
  if ((settings_.PlaceOf(slot).*form.place).empty()) {
    return Error{
        ErrorCode::kRefused,
        StrCat("the ", form.name, " needs a ", form.place_name, ", and slot ", SlotName(slot),
               " has none"),
        StrCat("name it with '", form.key, " =' in [slot ", SlotName(slot), "] of agent.ini")};
  }
  std::error_code failure;
  bool is_shared = !(settings_.PlaceOf(booted).*form.place).empty() &&
                   std::filesystem::equivalent(PlaceOf(slot), PlaceOf(booted), failure);
  if (is_shared) {
    return Error{ErrorCode::kRefused,
                 StrCat("both slots have the ", form.place_name, " ", PlaceOf(slot)),
                 "correct [slot a] and [slot b] of agent.ini"};
  }
  return CheckSlot(slot, record);
}

Result<std::unique_ptr<engine::Staging>> SlotHandler::Stage(const Change& change, Watch watch) {
  Slot booted = TRY(boot_.Booted());
  Slot slot = OtherThan(booted);
  // From here on no boot may enter it, and no deployment count on it.
  TRY(boot_.MarkBad(slot));
  TRY(notes_.Set(slot, "", booted));
  auto form = TRY(OpenSlot(slot, *change.to, std::move(watch)));
  return std::unique_ptr<engine::Staging>(
      std::make_unique<SlotStaging>(std::move(form), notes_, slot, booted, change.to->release));
}

Result<std::optional<Slot>> SlotHandler::SlotFor(const Change& change,
                                                 engine::Action action) const {
  Slot booted = TRY(boot_.Booted());
  if (action == engine::Action::kInstall) return std::optional(OtherThan(booted));
  auto slot = TRY(Holding(change, booted));
  if (slot) return slot;
  return Error{ErrorCode::kNotFound,
               StrCat("the operating system ", change.any().version, " is in neither slot"),
               "install its bundle again"};
}

Result<bool> SlotHandler::HasRelease(const ComponentRecord& record) const {
  auto booted = boot_.Booted();
  if (!booted) return false;
  auto slot = TRY(notes_.Find(record.release, *booted));
  return slot && TRY(SlotIsWhole(*slot, record));
}

std::optional<std::string> SlotHandler::FormTaken() const {
  auto booted = boot_.Booted();
  if (!booted) return std::nullopt;
  Slot slot = OtherThan(*booted);
  const FormOfSlot form = Form();
  if ((settings_.PlaceOf(slot).*form.place).empty()) return std::nullopt;
  return StrCat("as ", form.article, " ", form.name, ", for slot ", SlotName(slot), " is a ",
                form.place_name);
}

Result<std::vector<std::string>> SlotHandler::StagingSteps(const Change& change) const {
  std::vector<std::string> steps;
  auto booted = boot_.Booted();
  if (!booted || !change.to || TRY(Holding(change, *booted))) return steps;
  steps.push_back(StrCat("write it to slot ", SlotName(OtherThan(*booted)),
                         ", which gives up the operating system that is there"));
  return steps;
}

Result<std::vector<std::string>> SlotHandler::ActivationSteps(const Change& change) const {
  std::vector<std::string> steps;
  auto booted = boot_.Booted();
  if (!booted) return steps;
  Slot slot = TRY(Holding(change, *booted)).value_or(OtherThan(*booted));
  steps.push_back(StrCat("reboot into slot ", SlotName(slot), " with os ",
                         change.to ? change.to->version : std::string(SlotNotes::kFromBefore)));
  return steps;
}

Result<std::vector<std::string>> SlotHandler::FindDifferences(const ComponentRecord& record,
                                                              Compare compare) const {
  Slot booted = TRY(boot_.Booted());
  auto slot = TRY(notes_.Find(record.release, booted));
  if (!slot) return std::vector<std::string>{StrCat("os ", record.version, ": no slot has it")};
  std::vector<std::string> differences = TRY(CompareSlot(*slot, record, compare));
  if (*slot != booted) {
    differences.push_back(StrCat("os ", record.version, ": slot ", SlotName(booted),
                                 " runs, and not slot ", SlotName(*slot), ", which has it"));
  }
  return differences;
}

}  // namespace ignite::handlers
