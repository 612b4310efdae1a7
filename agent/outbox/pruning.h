// The bounds of the outbox: the files of the last uploads stay, older ones go.
#pragma once

#include <set>
#include <string>

#include "base/file_system.h"

namespace ignite::outbox {

/// Of names in the outbox. An upload is what lies there below one name, and never cut in two.
struct OutboxBounds {
  size_t uploads = 50;
  uint64_t bytes = 64 * 1024 * 1024;
};

/// Removes the files of uploads beyond the bounds, the oldest first, but none of `kept`: uploads
/// that are in the inbox. What we did not write is left alone: other names, other owners, links.
Result<> PruneOutbox(FileSystem& files, const std::string& path, const std::set<std::string>& kept,
                     const OutboxBounds& bounds = {});

}  // namespace ignite::outbox
