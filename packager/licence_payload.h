// The payload type licence: its keys in a recipe, and what a licence says in a few words.
#pragma once

#include <memory>
#include <string>

#include "packager/payload_type.h"

namespace ignite::packager {

/// The `read` of the type's row. Keys: identity (the public keys of the probes, files), customer,
/// serial, features, limits (NAME = NUMBER), not-after. The licence is issued on the day of the
/// build, or of SOURCE_DATE_EPOCH.
std::unique_ptr<PayloadInput> ReadLicenceInput(RecipeSection& section, const std::string& folder);
/// The `describe` of the row.
std::string DescribeLicence(const format::PayloadInfo& payload);

}  // namespace ignite::packager
