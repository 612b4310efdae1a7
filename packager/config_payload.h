// The payload type config: its keys in a recipe, and how it is shown and checked.
#pragma once

#include <memory>
#include <string>

#include "packager/payload_type.h"

namespace ignite::packager {

/// The `read` of the type's row. Keys: source, path.
std::unique_ptr<PayloadInput> ReadConfigInput(RecipeSection& section, const std::string& folder);

/// The `check_content` of the type's row.
std::unique_ptr<ContentCheck> MakeConfigCheck(const format::PayloadInfo& payload);

/// The `describe` of the type's row.
std::string DescribeConfig(const format::PayloadInfo& payload);

}  // namespace ignite::packager
