// The payload type migrations: its keys in a recipe, and what its texts say.
#pragma once

#include <memory>
#include <string>

#include "packager/payload_type.h"

namespace ignite::packager {

/// The `read` of the type's row. Keys: source, database, and optionally baseline, sample and
/// units.
std::unique_ptr<PayloadInput> ReadMigrationsInput(RecipeSection& section,
                                                  const std::string& folder);
/// The `check_content` of the type's row.
std::unique_ptr<ContentCheck> MakeMigrationsCheck(const format::PayloadInfo& payload);
/// The `describe` of the type's row.
std::string DescribeMigrations(const format::PayloadInfo& payload);

}  // namespace ignite::packager
