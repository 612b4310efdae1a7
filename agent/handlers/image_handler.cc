#include "agent/handlers/image_handler.h"

#include <filesystem>

#include "agent/handlers/slot_image.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::CheckResult;
using engine::ComponentRecord;
using engine::Slot;
using engine::SlotName;
using engine::Watch;

constexpr std::string_view kBytes = "bytes";

Result<uint64_t> BytesOf(const ComponentRecord& record) {
  JsonFields fields(record.spec, "image");
  int64_t bytes = fields.Integer(kBytes, 1, Json::kMaxInteger);
  TRY(fields.Finish());
  return static_cast<uint64_t>(bytes);
}

/// The bytes of the one stream, into the slot.
class ImageStaging : public engine::Staging {
 public:
  ImageStaging(SlotImage image, SlotNotes notes, Slot slot, Slot booted, std::string release,
               Watch watch)
      : image_(std::move(image)),
        notes_(std::move(notes)),
        slot_(slot),
        booted_(booted),
        release_(std::move(release)),
        watch_(std::move(watch)) {}

  Result<> BeginStream(size_t) override { return {}; }
  Result<> Write(ByteView plain) override { return image_.Write(plain); }
  Result<> EndStream() override { return {}; }
  Result<> Finish() override {
    std::string doing = StrCat("reading slot ", SlotName(slot_), " back");
    TRY(image_.Finish([&] { return watch_(doing); }));
    return notes_.Set(slot_, release_, booted_);
  }

 private:
  SlotImage image_;
  SlotNotes notes_;
  Slot slot_;
  Slot booted_;
  std::string release_;
  Watch watch_;
};

}  // namespace

Json ImageHandler::RecordedSpec(const format::PayloadInfo& payload) const {
  Json spec = payload.spec;
  // CheckPayload has not looked at it yet.
  if (payload.streams.empty()) return spec;
  return spec.Set(std::string(kBytes), payload.streams[format::ImageSpec::kContentStream].size);
}

Result<std::optional<Slot>> ImageHandler::Holding(const Change& change, Slot booted) const {
  return notes_.Find(change.to ? change.to->release : SlotNotes::kFromBefore, booted);
}

Result<std::vector<CheckResult>> ImageHandler::CheckTargets(const Change& change) const {
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
  Slot slot = OtherThan(*booted);
  const std::string& device = settings_.PlaceOf(slot).device;
  if (device.empty()) {
    find({ErrorCode::kRefused,
          StrCat("the image needs a device, and slot ", SlotName(slot), " has none"),
          StrCat("name it with 'device =' in [slot ", SlotName(slot), "] of agent.ini")});
    return findings;
  }
  std::error_code failure;
  if (std::filesystem::equivalent(device, settings_.PlaceOf(*booted).device, failure)) {
    find({ErrorCode::kRefused, StrCat("both slots have the device ", device),
          "correct [slot a] and [slot b] of agent.ini"});
    return findings;
  }
  if (auto checked = SlotImage::Check(device, TRY(BytesOf(*change.to))); !checked)
    find(checked.error());
  return findings;
}

Result<std::unique_ptr<engine::Staging>> ImageHandler::Stage(const Change& change, Watch watch) {
  Slot booted = TRY(boot_.Booted());
  Slot slot = OtherThan(booted);
  // From here on no boot may enter it, and no deployment count on it.
  TRY(boot_.MarkBad(slot));
  TRY(notes_.Set(slot, "", booted));
  auto image = TRY(SlotImage::Open(settings_.PlaceOf(slot).device, TRY(BytesOf(*change.to))));
  return std::unique_ptr<engine::Staging>(std::make_unique<ImageStaging>(
      std::move(image), notes_, slot, booted, change.to->release, std::move(watch)));
}

Result<std::optional<Slot>> ImageHandler::SlotFor(const Change& change,
                                                  engine::Action action) const {
  Slot booted = TRY(boot_.Booted());
  if (action == engine::Action::kInstall) return std::optional(OtherThan(booted));
  auto slot = TRY(Holding(change, booted));
  if (slot) return slot;
  return Error{ErrorCode::kNotFound,
               StrCat("the operating system ", change.any().version, " is in neither slot"),
               "install its bundle again"};
}

Result<bool> ImageHandler::HasRelease(const ComponentRecord& record) const {
  auto booted = boot_.Booted();
  return booted && TRY(notes_.Find(record.release, *booted)).has_value();
}

Result<std::vector<std::string>> ImageHandler::StagingSteps(const Change& change) const {
  std::vector<std::string> steps;
  auto booted = boot_.Booted();
  if (!booted || !change.to || TRY(Holding(change, *booted))) return steps;
  steps.push_back(StrCat("write it to slot ", SlotName(OtherThan(*booted)),
                         ", which gives up the operating system that is there"));
  return steps;
}

Result<std::vector<std::string>> ImageHandler::ActivationSteps(const Change& change) const {
  std::vector<std::string> steps;
  auto booted = boot_.Booted();
  if (!booted) return steps;
  Slot slot = TRY(Holding(change, *booted)).value_or(OtherThan(*booted));
  steps.push_back(StrCat("reboot into slot ", SlotName(slot), " with os ",
                         change.to ? change.to->version : std::string(SlotNotes::kFromBefore)));
  return steps;
}

Result<std::vector<std::string>> ImageHandler::FindDifferences(const ComponentRecord& record,
                                                               Compare) const {
  std::vector<std::string> differences;
  Slot booted = TRY(boot_.Booted());
  auto slot = TRY(notes_.Find(record.release, booted));
  if (!slot) {
    differences.push_back(StrCat("os ", record.version, ": no slot has it"));
  } else if (*slot != booted) {
    differences.push_back(StrCat("os ", record.version, ": slot ", SlotName(booted),
                                 " runs, and not slot ", SlotName(*slot), ", which has it"));
  }
  return differences;
}

}  // namespace ignite::handlers
