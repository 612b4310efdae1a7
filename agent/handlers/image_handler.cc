#include "agent/handlers/image_handler.h"

#include "agent/handlers/slot_image.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

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
  ImageStaging(SlotImage image, Slot slot, Watch watch)
      : image_(std::move(image)), slot_(slot), watch_(std::move(watch)) {}

  Result<> BeginStream(size_t) override { return {}; }
  Result<> Write(ByteView plain) override { return image_.Write(plain); }
  Result<> EndStream() override { return {}; }
  Result<> Finish() override {
    std::string doing = StrCat("reading slot ", SlotName(slot_), " back");
    return image_.Finish([&] { return watch_(doing); });
  }

 private:
  SlotImage image_;
  Slot slot_;
  Watch watch_;
};

}  // namespace

Json ImageHandler::RecordedSpec(const format::PayloadInfo& payload) const {
  Json spec = payload.spec;
  // CheckPayload has not looked at it yet.
  if (payload.streams.empty()) return spec;
  return spec.Set(std::string(kBytes), payload.streams[format::ImageSpec::kContentStream].size);
}

Result<> ImageHandler::CheckSlot(Slot slot, const ComponentRecord& record) const {
  return SlotImage::Check(PlaceOf(slot), TRY(BytesOf(record)));
}

Result<std::unique_ptr<engine::Staging>> ImageHandler::OpenSlot(Slot slot,
                                                                const ComponentRecord& record,
                                                                Watch watch) {
  auto image = TRY(SlotImage::Open(PlaceOf(slot), TRY(BytesOf(record))));
  return std::unique_ptr<engine::Staging>(
      std::make_unique<ImageStaging>(std::move(image), slot, std::move(watch)));
}

}  // namespace ignite::handlers
