#include "agent/handlers/data_snapshots.h"

#include "agent/engine/space.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

using engine::Change;

constexpr mode_t kTraversable = 0755;
constexpr mode_t kOwnersOnly = 0700;
constexpr std::string_view kTo = "_to_";
constexpr std::string_view kNothing = "nothing";
constexpr std::string_view kReplaced = "replaced";
constexpr std::string_view kCopy = "/copy.db";
constexpr std::string_view kReserve = "/reserve";

}  // namespace

std::string DataSnapshots::NameOf(const Change& change) {
  return StrCat(change.from ? change.from->release : std::string(kNothing), kTo,
                change.to ? change.to->release : std::string(kNothing));
}

std::string DataSnapshots::FileOf(const Change& change) { return StrCat(NameOf(change), kCopy); }

bool DataSnapshots::IsOf(std::string_view name, const engine::ComponentRecord& left) {
  return name.starts_with(StrCat(left.release, kTo));
}

std::string DataSnapshots::Path(const Change& change) const {
  return StrCat(notes_.Folder(change.any().component), "/", FileOf(change));
}

Result<std::optional<KeptSnapshot>> DataSnapshots::Behind(const Change& change) const {
  std::optional<KeptSnapshot> newest;
  FileTime taken;
  std::string folder = notes_.Folder(change.any().component);
  std::string left = StrCat(change.to ? change.to->release : std::string(kNothing), kTo);
  for (const std::string& name : TRY(files_.List(folder))) {
    std::string path = StrCat(folder, "/", name, kCopy);
    auto info = name.starts_with(left) ? TRY(files_.Inspect(path)) : std::nullopt;
    if (!info || (newest && info->mtime <= taken)) continue;
    taken = info->mtime;
    newest = KeptSnapshot{path, info->size, info->mtime.seconds, change.restores_data};
  }
  return newest;
}

Result<> DataSnapshots::Reserve(const Change& change, uint64_t bytes) {
  std::string folder = ParentOf(Path(change));
  TRY(files_.MakeDirectories(folder, kTraversable));
  return files_.Reserve(StrCat(folder, kReserve), bytes);
}

Result<> DataSnapshots::MakeFolder(const std::string& folder, const DatabasePlace& place) {
  TRY(files_.RemoveTree(folder));
  TRY(files_.MakeDirectories(ParentOf(folder), kTraversable));
  auto tree = TRY(files_.CreateTree(folder));
  FileAttributes attributes;
  attributes.mode = kOwnersOnly;
  attributes.uid = place.uid;
  attributes.gid = place.gid;
  TRY(tree->SetDirectoryAttributes("", attributes));
  return files_.SyncFileSystem(folder);
}

Result<> DataSnapshots::CopyReplaced(const std::string& path, const DatabasePlace& place,
                                     uint64_t bytes) {
  TRY(MakeFolder(ParentOf(path), place));
  // As much again for the restore, and what every file system keeps free.
  Space space = TRY(files_.SpaceAt(path));
  if (space.free_bytes < 2 * bytes + engine::kReserveBytes) {
    return Error{ErrorCode::kNoSpace,
                 StrCat("it takes ", SizeInWords(bytes), ", and ", SizeInWords(space.free_bytes),
                        " are free"),
                 "free space"};
  }
  return databases_.Open(place)->Snapshot(path);
}

void DataSnapshots::KeepReplaced(const Change& change, const DatabasePlace& place, uint64_t bytes,
                                 int64_t since) {
  const std::string& component = change.any().component;
  std::string file = StrCat(kReplaced, kCopy);
  std::string path = StrCat(notes_.Folder(component), "/", file);
  Replaced replaced{NameOf(change), since, file, ""};
  if (auto kept = CopyReplaced(path, place, bytes); !kept) {
    (void)files_.RemoveTree(ParentOf(path));
    replaced.file.clear();
    replaced.why = kept.error().cause;
  }
  notes_.Write(component, replaced);
}

Result<> DataSnapshots::Discard(const engine::ComponentRecord& record) {
  std::string folder = notes_.Folder(record.component);
  for (const std::string& name : TRY(files_.List(folder))) {
    bool is_its = IsOf(name, record) || name.ends_with(StrCat(kTo, record.release));
    if (is_its) TRY(files_.RemoveTree(StrCat(folder, "/", name)));
  }
  return {};
}

}  // namespace ignite::handlers
