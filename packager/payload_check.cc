#include "packager/payload_check.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/manifest/health_spec.h"

namespace ignite::packager {
namespace {

Error Unknown(std::string_view what, std::string_view type) {
  return {ErrorCode::kUnsupported,
          StrCat("the bundle has a ", what, " of the type '", Printable(type),
                 "', which this ignite-pack does not know"),
          "update ignite-pack"};
}

}  // namespace

Result<> PayloadCheck::CheckManifest() const {
  for (const format::PayloadInfo& payload : manifest_.payloads) {
    const PayloadType* type = FindPayloadType(payload.type);
    if (type == nullptr) return Unknown("payload", payload.type);
    if (!type->belongs_to(manifest_.kind)) {
      return Error{ErrorCode::kCorrupt,
                   StrCat("payloads of the type ", payload.type, " do not belong to the kind ",
                          format::KindName(manifest_.kind)),
                   "build the bundle anew"};
    }
    TRY(type->check(payload));
  }
  for (const format::HealthCheckInfo& check : manifest_.health) {
    if (format::FindHealthType(check.type) == nullptr) return Unknown("health check", check.type);
  }
  return {};
}

Result<> PayloadCheck::BeginStream(size_t payload, size_t stream) {
  if (stream == 0) {
    earlier_files_ = files();
    const format::PayloadInfo& info = manifest_.payloads[payload];
    const PayloadType* type = FindPayloadType(info.type);
    bool has_rules = type != nullptr && type->check_content != nullptr;
    content_ = has_rules ? type->check_content(info) : nullptr;
  }
  return content_ == nullptr ? Result<>() : content_->BeginStream(stream);
}

Result<> PayloadCheck::Write(ByteView plain) {
  return content_ == nullptr ? Result<>() : content_->Write(plain);
}

Result<> PayloadCheck::EndStream() {
  return content_ == nullptr ? Result<>() : content_->EndStream();
}

uint64_t PayloadCheck::files() const {
  return earlier_files_ + (content_ == nullptr ? 0 : content_->files());
}

}  // namespace ignite::packager
