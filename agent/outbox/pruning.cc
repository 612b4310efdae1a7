#include "agent/outbox/pruning.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/str_cat.h"

namespace ignite::outbox {
namespace {

constexpr std::array<std::string_view, 5> kSuffixes = {".status.txt", ".status.json", ".plan.txt",
                                                       ".report.tar.zst", ".report.tar.zst.sealed"};
/// What a write that was cut off leaves.
constexpr std::string_view kUnfinished = ".tmp";

/// Written for what is a bundle of this probe, whatever its checks say.
constexpr std::string_view kPlan = ".plan.txt";

struct UploadFiles {
  std::vector<std::string> paths;
  uint64_t bytes = 0;
  FileTime latest;
  bool has_plan = false;
};

/// The name in the outbox of the upload that a file is of; empty for any other file.
std::string_view UploadOf(std::string_view file) {
  if (file.ends_with(kUnfinished)) file.remove_suffix(kUnfinished.size());
  for (std::string_view suffix : kSuffixes) {
    if (file.ends_with(suffix)) return file.substr(0, file.size() - suffix.size());
  }
  return {};
}

}  // namespace

Result<> PruneOutbox(FileSystem& files, const std::string& path, const std::set<std::string>& kept,
                     const OutboxBounds& bounds) {
  std::map<std::string, UploadFiles, std::less<>> uploads;
  for (const std::string& name : TRY(files.List(path))) {
    std::string upload(UploadOf(name));
    if (upload.empty()) continue;
    std::string file = StrCat(path, "/", name);
    auto info = TRY(files.Inspect(file));
    bool is_ours = info && info->type == FileInfo::Type::kFile && info->uid == geteuid();
    if (!is_ours) continue;
    UploadFiles& of = uploads[upload];
    of.paths.push_back(file);
    of.bytes += info->size;
    of.latest = std::max(of.latest, info->mtime);
    of.has_plan |= name.ends_with(kPlan);
  }
  std::vector<UploadFiles> by_age;
  uint64_t bytes = 0;
  for (auto& [name, upload] : uploads) {
    if (kept.contains(name)) continue;
    bytes += upload.bytes;
    by_age.push_back(std::move(upload));
  }
  size_t count = by_age.size();
  std::stable_sort(by_age.begin(), by_age.end(),
                   [](const auto& a, const auto& b) { return a.latest < b.latest; });
  auto without_plan = static_cast<size_t>(std::count_if(
      by_age.begin(), by_age.end(), [](const UploadFiles& upload) { return !upload.has_plan; }));
  auto remove = [&](UploadFiles& upload) -> Result<> {
    for (const std::string& file : upload.paths) TRY(files.RemoveFile(file));
    upload.paths.clear();
    --count;
    bytes -= upload.bytes;
    without_plan -= upload.has_plan ? 0 : 1;
    return {};
  };
  for (UploadFiles& oldest : by_age) {
    if (count <= bounds.uploads || without_plan <= bounds.uploads / 2) break;
    if (!oldest.has_plan) TRY(remove(oldest));
  }
  for (UploadFiles& oldest : by_age) {
    if (count <= bounds.uploads && bytes <= bounds.bytes) break;
    if (!oldest.paths.empty()) TRY(remove(oldest));
  }
  return {};
}

}  // namespace ignite::outbox
