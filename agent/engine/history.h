// The append-only history of a probe: one entry for each transaction that has ended, chained by
// hashes, so that an entry which was changed, exchanged or taken out of the middle shows.
//
// The journal appends in the same database transaction that ends a transaction, and triggers refuse
// any other write. An entry is the JSON object of `ignite history --json`; its hash is the SHA-256,
// in hexadecimal, of the hash before it and its own text, the first hash before being 64 zeros:
//     printf '%s%s' "$before" "$text" | sha256sum
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"

namespace ignite::engine {

/// The hash that stands before the first entry.
extern const std::string kBeforeTheFirst;

struct HistoryEntry {
  int64_t number = 0;  ///< From 1, without gaps.
  std::string text;
  std::string hash;
};

/// Creates what it needs in the journal's database.
extern const char* const kHistorySchema;

/// The caller has begun a database transaction.
Result<> AppendHistory(Sqlite& database, std::string_view text);
/// Oldest first.
Result<std::vector<HistoryEntry>> ReadHistoryEntries(Sqlite& database);
/// What is wrong with the first entry that does not follow from those before it; nullopt where the
/// chain holds.
std::optional<std::string> FindHistoryFault(const std::vector<HistoryEntry>& entries);

/// A line of an export: the entry with its hash as its last member.
std::string HistoryLine(const HistoryEntry& entry);

}  // namespace ignite::engine
