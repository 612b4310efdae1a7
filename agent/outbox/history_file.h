// history.jsonl: the history of the probe for whoever keeps it elsewhere, and as its last line the
// signed head. Who holds an older copy sees by it whether anything before was changed or cut off.
#pragma once

#include <string>
#include <vector>

#include "agent/engine/history.h"
#include "payload-format/crypto/key.h"

namespace ignite::outbox {

/// The text that the probe signs: docs/json.md has its bytes.
std::string HistoryHeadText(int64_t number, std::string_view hash, int64_t signed_at);

class HistoryFile {
 public:
  explicit HistoryFile(const std::vector<engine::HistoryEntry>& entries);

  /// The whole file, signed now.
  std::string Signed(int64_t now, const format::PrivateKey& key) const;
  /// Whether a file has these very entries, and says so in its head.
  bool IsIn(std::string_view file) const;

 private:
  std::string lines_;
  int64_t number_ = 0;  ///< Of the last entry; 0 for none.
  std::string hash_;
};

}  // namespace ignite::outbox
