// No application in front of data that it cannot read: `reads` of each component, held against the
// data of the deployment that would result. Shared by an install and by a rollback.
#pragma once

#include <vector>

#include "agent/engine/plan.h"
#include "agent/engine/verdict.h"

namespace ignite::engine {

/// `components` is the whole deployment.
CheckResult CheckReads(const std::vector<ComponentRecord>& components);

}  // namespace ignite::engine
