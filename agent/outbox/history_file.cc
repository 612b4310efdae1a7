#include "agent/outbox/history_file.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/str_cat.h"

namespace ignite::outbox {
namespace {

Json Head(int64_t number, const std::string& hash) {
  Json head = Json::EmptyObject();
  return head.Set("number", number).Set("head", hash);
}

}  // namespace

std::string HistoryHeadText(int64_t number, std::string_view hash, int64_t signed_at) {
  return StrCat("ignite history head 1\n", number, "\n", hash, "\n", signed_at, "\n");
}

HistoryFile::HistoryFile(const std::vector<engine::HistoryEntry>& entries)
    : hash_(engine::kBeforeTheFirst) {
  for (const engine::HistoryEntry& entry : entries) lines_ += engine::HistoryLine(entry);
  if (entries.empty()) return;
  number_ = entries.back().number;
  hash_ = entries.back().hash;
}

std::string HistoryFile::Signed(int64_t now, const format::PrivateKey& key) const {
  format::Signature signature = key.Sign(AsBytes(HistoryHeadText(number_, hash_, now)));
  Json head = Head(number_, hash_);
  head.Set("signed", now).Set("signature", ToBase64(signature));
  return StrCat(lines_, head.Dump(), "\n");
}

bool HistoryFile::IsIn(std::string_view file) const {
  std::string head = Head(number_, hash_).Dump();
  head.back() = ',';
  return file.starts_with(lines_) && file.substr(lines_.size()).starts_with(head);
}

}  // namespace ignite::outbox
