// The bounds of the outbox: the files of the last uploads stay, older ones go.
#pragma once

#include <set>
#include <string>

#include "base/file_system.h"

namespace ignite::outbox {

/// Of uploads that are no longer in the inbox. An upload is what lies in the outbox below one name,
/// and never cut in two.
struct OutboxBounds {
  size_t uploads = 50;
  uint64_t bytes = 64 * 1024 * 1024;
};

/// Removes the files of uploads beyond the bounds, the oldest first; `kept`: those that are in the
/// inbox. Half of the number is for those that have a plan: no crowd of files that
/// are no bundles pushes all true verdicts out. What we did not write is left alone: other names,
/// other owners, links.
Result<> PruneOutbox(FileSystem& files, const std::string& path, const std::set<std::string>& kept,
                     const OutboxBounds& bounds = {});

}  // namespace ignite::outbox
