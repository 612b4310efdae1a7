// `ignite doctor`: whether this probe could take an update, apart from any bundle. Every check
// always runs, and none hides another.
#pragma once

#include "agent/cli/commands.h"

namespace ignite::cli {

/// Exit code 0 where all is well, else 1. `parts` is nullptr where configuration or keys are wrong;
/// what needs them fails then, too. Writes nothing.
Result<Answer> Doctor(FileSystem& files, Clock& clock, const engine::ProbePaths& paths,
                      const engine::Parts* parts);

}  // namespace ignite::cli
