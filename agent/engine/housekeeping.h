// Removes what no deployment needs any more: releases, and the folders of forgotten deployments.
//
// The journal lists every release before its staging begins, so whatever was interrupted, by a kill
// or by a full disk, is found and finished by the next transaction. Runs between transactions,
// under the lock; touches nothing that a kept deployment names.
#pragma once

#include "agent/engine/deployment_store.h"
#include "agent/engine/journal.h"
#include "agent/engine/parts.h"

namespace ignite::engine {

/// Forgets deployments beyond keep-deployments, then sweeps. An Error leaves the rest for the next
/// time.
Result<> CleanUp(const Parts& parts, Journal& journal);

}  // namespace ignite::engine
