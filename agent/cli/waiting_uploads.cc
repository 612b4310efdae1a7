#include "agent/cli/waiting_uploads.h"

#include <algorithm>

#include "base/json.h"
#include "base/str_cat.h"

namespace ignite::cli {
namespace {

constexpr std::string_view kSuffix = ".status.json";
constexpr size_t kMaxStatus = 1024 * 1024;

std::string TextOf(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  const std::string* text = value == nullptr ? nullptr : value->AsString();
  return text == nullptr ? std::string() : *text;
}

bool IsThere(FileSystem& files, const std::string& inbox, const std::string& bundle) {
  if (bundle.empty() || bundle.find('/') != std::string::npos) return false;
  auto info = files.Inspect(StrCat(inbox, "/", bundle));
  return info && *info;
}

}  // namespace

std::vector<WaitingUpload> ReadWaitingUploads(FileSystem& files, const engine::ProbePaths& paths) {
  std::vector<WaitingUpload> waiting;
  auto names = files.List(paths.Outbox());
  if (!names) return waiting;
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    auto text = files.ReadFile(StrCat(paths.Outbox(), "/", name), kMaxStatus);
    auto json = text ? Json::ParseStored(*text) : std::move(text).error();
    const Json* outcome = json ? json->Find("outcome") : nullptr;
    if (outcome == nullptr || !outcome->IsNull()) continue;
    std::string bundle = TextOf(*json, "bundle");
    // Of what was taken away again the word stays.
    if (!IsThere(files, paths.Inbox(), bundle)) continue;
    std::string why = TextOf(*json, "cause");
    if (why.empty()) why = TextOf(*json, "step");
    waiting.push_back({std::move(bundle), std::move(why)});
  }
  std::sort(waiting.begin(), waiting.end(),
            [](const auto& one, const auto& other) { return one.bundle < other.bundle; });
  return waiting;
}

}  // namespace ignite::cli
