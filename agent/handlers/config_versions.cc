#include "agent/handlers/config_versions.h"

#include "agent/handlers/folder_copy.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::ComponentRecord;
using engine::KeptVersion;

constexpr mode_t kRootAlone = 0700;
constexpr mode_t kRootsFile = 0600;
constexpr size_t kMaxRecord = 4096;
constexpr std::string_view kActivated = "activated";

}  // namespace

std::string ConfigVersions::Home(const ComponentRecord& record) const {
  return StrCat(paths_.State(), "/", record.component, "/", record.release);
}

std::string ConfigVersions::Folder(const ComponentRecord& record, size_t number) const {
  return StrCat(Home(record), "/", number);
}

std::string ConfigVersions::RecordPath(const ComponentRecord& record, size_t number) const {
  return Folder(record, number) + ".json";
}

Result<Json> ConfigVersions::ReadRecord(const ComponentRecord& record, size_t number) const {
  return Json::ParseStored(TRY(files_.ReadFile(RecordPath(record, number), kMaxRecord)));
}

Result<std::vector<KeptVersion>> ConfigVersions::List(const ComponentRecord& record) const {
  std::vector<KeptVersion> versions;
  while (auto info = TRY(files_.Inspect(RecordPath(record, versions.size())))) {
    Json about = TRY(ReadRecord(record, versions.size()));
    JsonFields fields(about, "version");
    KeptVersion version;
    version.id = versions.empty() ? record.release : StrCat(record.release, ".", versions.size());
    version.digest = fields.String("digest");
    version.by_hand = !versions.empty();
    version.recorded = info->mtime.seconds;
    versions.push_back(std::move(version));
  }
  return versions;
}

Result<> ConfigVersions::Keep(const ComponentRecord& record, size_t number,
                              const std::string& folder, Json about) {
  TRY(files_.MakeDirectories(Home(record), kRootAlone));
  TRY(CopyFolder(files_, folder, Folder(record, number), SameAttributes));
  about.Set("digest", TRY(HashFolder(files_, Folder(record, number))).Hex());
  return files_.WriteAtomically(RecordPath(record, number), AsBytes(about.Dump()), kRootsFile);
}

Result<> ConfigVersions::RecordMade(const ComponentRecord& record, const std::string& folder,
                                    const std::string& base) {
  TRY(Discard(record));
  Json about = Json::EmptyObject();
  return Keep(record, 0, folder, about.Set("base", base));
}

Result<> ConfigVersions::RecordEdits(const ComponentRecord& record, const std::string& folder) {
  auto versions = TRY(List(record));
  if (versions.empty() || !TRY(files_.Inspect(folder))) return {};
  if (TRY(HashFolder(files_, folder)).Hex() == versions.back().digest) return {};
  return Keep(record, versions.size(), folder, Json::EmptyObject());
}

std::string ConfigVersions::ReplacedPath(const ComponentRecord& record) const {
  return StrCat(paths_.State(), "/", record.component, "/replaced/", record.release);
}

Result<> ConfigVersions::KeepReplaced(const ComponentRecord& record) {
  auto versions = TRY(List(record));
  if (versions.empty() || !versions.back().by_hand) return {};
  std::string kept = ReplacedPath(record);
  TRY(files_.RemoveTree(ParentOf(kept)));
  TRY(files_.MakeDirectories(ParentOf(kept), kRootAlone));
  return CopyFolder(files_, Folder(record, versions.size() - 1), kept, SameAttributes);
}

Result<std::optional<std::string>> ConfigVersions::Replaced(const ComponentRecord& record) const {
  std::string kept = ReplacedPath(record);
  bool is_there = TRY(files_.Inspect(kept)).has_value();
  return is_there ? std::optional(kept) : std::nullopt;
}

Result<std::optional<std::string>> ConfigVersions::Base(const ComponentRecord& record) const {
  Json about = TRY(ReadRecord(record, 0));
  const Json* base = about.Find("base");
  if (base == nullptr || base->AsString() == nullptr || about.Find(kActivated) != nullptr)
    return std::optional<std::string>();
  return std::optional(*base->AsString());
}

Result<> ConfigVersions::SetActivated(const ComponentRecord& record) {
  if (!TRY(Base(record))) return {};
  Json about = TRY(ReadRecord(record, 0));
  about.Set(std::string(kActivated), true);
  return files_.WriteAtomically(RecordPath(record, 0), AsBytes(about.Dump()), kRootsFile);
}

Result<> ConfigVersions::Discard(const ComponentRecord& record) {
  return files_.RemoveTree(Home(record));
}

}  // namespace ignite::handlers
