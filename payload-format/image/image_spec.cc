#include "payload-format/image/image_spec.h"

#include "base/str_cat.h"

namespace ignite::format {

Result<> ImageSpec::Check(const PayloadInfo& payload) {
  auto wrong = [&](std::string_view what) {
    return Error{ErrorCode::kCorrupt, StrCat("the image '", payload.name, "' ", what),
                 "build the bundle anew"};
  };
  if (payload.component != kComponent)
    return wrong(StrCat("is for the component ", payload.component, " instead of ", kComponent));
  if (payload.streams.size() != kStreamCount) return wrong("does not have exactly one stream");
  if (payload.streams[kContentStream].size == 0) return wrong("is empty");
  return JsonFields(payload.spec, "image").Finish();
}

}  // namespace ignite::format
