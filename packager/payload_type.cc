#include "packager/payload_type.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/config_payload.h"
#include "packager/image_payload.h"
#include "packager/licence_payload.h"
#include "packager/migrations_payload.h"
#include "packager/tree_check.h"
#include "packager/tree_payload.h"
#include "payload-format/config/config_spec.h"
#include "payload-format/data/migrations_spec.h"
#include "payload-format/image/image_spec.h"
#include "payload-format/licence/licence_spec.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {

const std::vector<PayloadType>& PayloadTypes() {
  static const std::vector<PayloadType> kTypes = {
      {format::TreeSpec::kType,
       format::TreeSpec::BelongsTo,
       {"source", "path", "units", "link", "users", "allow"},
       ReadTreeInput,
       CheckTreePayload,
       MakeTreeCheck,
       DescribeTree},
      {format::ConfigSpec::kType,
       format::ConfigSpec::BelongsTo,
       {"source", "path"},
       ReadConfigInput,
       format::ConfigSpec::Check,
       MakeConfigCheck,
       DescribeConfig},
      {format::MigrationsSpec::kType,
       format::MigrationsSpec::BelongsTo,
       {"source", "database", "baseline", "units", "sample"},
       ReadMigrationsInput,
       format::MigrationsSpec::Check,
       MakeMigrationsCheck,
       DescribeMigrations},
      {format::ImageSpec::kType,
       format::ImageSpec::BelongsTo,
       {"source"},
       ReadImageInput,
       format::ImageSpec::Check,
       nullptr,
       nullptr},
      {format::LicenceSpec::kType,
       format::LicenceSpec::BelongsTo,
       {"identity", "customer", "serial", "features", "limits", "not-after"},
       ReadLicenceInput,
       format::LicenceSpec::Check,
       nullptr,
       DescribeLicence},
  };
  return kTypes;
}

const PayloadType* FindPayloadType(std::string_view name) {
  auto found = std::find_if(PayloadTypes().begin(), PayloadTypes().end(),
                            [&](const PayloadType& type) { return type.name == name; });
  return found == PayloadTypes().end() ? nullptr : &*found;
}

Error ChangedMeanwhile(std::string_view path) {
  return {ErrorCode::kIo, StrCat("the file '", Printable(path), "' changed while it was packed"),
          "build again when nothing writes to the source"};
}

std::string BesideRecipe(const std::string& folder, std::string_view path) {
  return path.starts_with('/') ? std::string(path) : StrCat(folder, "/", path);
}

}  // namespace ignite::packager
