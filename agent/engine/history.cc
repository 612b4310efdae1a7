#include "agent/engine/history.h"

#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"

namespace ignite::engine {
namespace {

std::string ChainHash(std::string_view before, std::string_view text) {
  return format::Sha256(AsBytes(StrCat(before, text))).Hex();
}

}  // namespace

const std::string kBeforeTheFirst(64, '0');

const char* const kHistorySchema = R"(
CREATE TABLE IF NOT EXISTS history(number INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS history_keeps_entries BEFORE DELETE ON history
  BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER IF NOT EXISTS history_changes_no_entry BEFORE UPDATE ON history
  BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
)";

Result<> AppendHistory(Sqlite& database, std::string_view text) {
  auto last =
      TRY(database.Prepare("SELECT number, hash FROM history ORDER BY number DESC LIMIT 1"));
  bool is_first = !TRY(last.Step());
  int64_t number = is_first ? 1 : last.Integer(0) + 1;
  std::string before = is_first ? kBeforeTheFirst : last.Text(1);
  auto insert = TRY(database.Prepare("INSERT INTO history VALUES(?, ?, ?)"));
  return insert.Bind(number).Bind(text).Bind(ChainHash(before, text)).Run();
}

Result<std::vector<HistoryEntry>> ReadHistoryEntries(Sqlite& database) {
  auto select = TRY(database.Prepare("SELECT number, entry, hash FROM history ORDER BY number"));
  std::vector<HistoryEntry> entries;
  while (TRY(select.Step())) entries.push_back({select.Integer(0), select.Text(1), select.Text(2)});
  return entries;
}

std::optional<std::string> FindHistoryFault(const std::vector<HistoryEntry>& entries) {
  std::string before = kBeforeTheFirst;
  int64_t number = 0;
  for (const HistoryEntry& entry : entries) {
    if (entry.number != ++number) return StrCat("entry ", number, " is missing");
    if (entry.hash != ChainHash(before, entry.text))
      return StrCat("entry ", number, " is not the one that was written");
    before = entry.hash;
  }
  return std::nullopt;
}

std::string HistoryLine(const HistoryEntry& entry) {
  return StrCat(std::string_view(entry.text).substr(0, entry.text.size() - 1), ",\"hash\":\"",
                entry.hash, "\"}\n");
}

}  // namespace ignite::engine
