// The payload type tree: its keys in a recipe, how a source becomes a file table and a content
// stream, and how it is shown.
#pragma once

#include <memory>
#include <string>

#include "packager/payload_type.h"

namespace ignite::packager {

/// The `read` of the type's row. Keys: source, path, and optionally units, link, users, allow.
std::unique_ptr<PayloadInput> ReadTreeInput(RecipeSection& section, const std::string& folder);

/// The `describe` of the type's row.
std::string DescribeTree(const format::PayloadInfo& payload);

}  // namespace ignite::packager
