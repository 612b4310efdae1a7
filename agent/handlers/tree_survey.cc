#include "agent/handlers/tree_survey.h"

#include <map>
#include <set>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/crypto/hash.h"

namespace ignite::handlers {
namespace {

using format::EntryType;
using format::TreeEntry;

constexpr size_t kBuffer = 256 * 1024;

class Surveyor {
 public:
  Surveyor(FileSystem& files, const Accounts& accounts, const std::string& folder)
      : files_(files), accounts_(accounts), folder_(folder) {}

  Result<TreeSurvey> Run(const std::string& path) {
    survey_.spec.path = path;
    TRY(Add(""));
    survey_.spec.entries = survey_.entries.size();
    survey_.spec.owners.assign(owners_.begin(), owners_.end());
    survey_.spec.groups.assign(groups_.begin(), groups_.end());
    return std::move(survey_);
  }

 private:
  std::string HostPath(const std::string& path) const {
    return path.empty() ? folder_ : StrCat(folder_, "/", path);
  }

  Error CannotBeHeld(const std::string& path, std::string_view what) const {
    return {ErrorCode::kRefused, StrCat(Printable(HostPath(path)), " ", what),
            "remove it, or adopt a folder without it"};
  }

  Result<> Add(const std::string& path) {
    auto info = TRY(files_.Inspect(HostPath(path)));
    if (!info) return CannotBeHeld(path, "is gone");
    TreeEntry entry;
    entry.path = path;
    if (!path.empty() && !format::IsTreePath(path))
      return CannotBeHeld(path, "has too long a path for a tree");
    if (path.empty() && info->type != FileInfo::Type::kDirectory)
      return CannotBeHeld(path, "is no folder");
    if (auto first = FirstNameOf(*info)) {
      entry.type = EntryType::kHardLink;
      entry.earlier = *first;
    } else {
      TRY(Describe(*info, entry));
    }
    survey_.spec.bytes += format::TreeSpec::DiskBytes(entry);
    survey_.entries.push_back(std::move(entry));
    return info->type == FileInfo::Type::kDirectory ? AddChildren(path) : Result<>();
  }

  Result<> AddChildren(const std::string& path) {
    for (const std::string& name : TRY(files_.List(HostPath(path)))) {
      if (path.empty() && (name == "releases" || name == "current")) continue;
      TRY(Add(path.empty() ? name : StrCat(path, "/", name)));
    }
    return {};
  }

  /// The number of the entry that has this file already.
  std::optional<uint32_t> FirstNameOf(const FileInfo& info) {
    if (info.type != FileInfo::Type::kFile) return std::nullopt;
    auto [place, is_new] = first_names_.try_emplace({info.device, info.inode},
                                                    static_cast<uint32_t>(survey_.entries.size()));
    return is_new ? std::nullopt : std::optional(place->second);
  }

  Result<> Describe(const FileInfo& info, TreeEntry& entry) {
    switch (info.type) {
      case FileInfo::Type::kDirectory:
        entry.type = EntryType::kDirectory;
        break;
      case FileInfo::Type::kFile:
        entry.type = EntryType::kFile;
        entry.capabilities = TRY(files_.ReadCapabilities(HostPath(entry.path)));
        TRY(Digest(entry));
        break;
      case FileInfo::Type::kSymlink:
        entry.type = EntryType::kSymlink;
        entry.target = TRY(files_.ReadLink(HostPath(entry.path))).value_or("");
        break;
      case FileInfo::Type::kOther:
        return CannotBeHeld(entry.path, "is a device, a socket or a FIFO, which no tree can hold");
    }
    entry.mode = info.type == FileInfo::Type::kSymlink ? 0777 : info.mode;
    entry.mtime = info.mtime;
    auto owner = accounts_.UserName(info.uid);
    auto group = accounts_.GroupName(info.gid);
    if (!owner || !group || !format::IsAccountName(*owner) || !format::IsAccountName(*group)) {
      return CannotBeHeld(entry.path, StrCat("belongs to ", info.uid, ":", info.gid,
                                             ", which have no names that a tree can hold"));
    }
    entry.owner = *owner;
    entry.group = *group;
    owners_.insert(*owner);
    groups_.insert(*group);
    if (entry.NeedsPermission()) survey_.spec.allow.push_back(entry.path);
    return {};
  }

  Result<> Digest(TreeEntry& entry) {
    auto file = TRY(files_.OpenFile(HostPath(entry.path)));
    format::Sha256Hasher hasher;
    Bytes buffer(kBuffer);
    while (size_t count = TRY(file->Read(buffer))) {
      hasher.Update(ByteView(buffer).first(count));
      entry.size += count;
    }
    entry.digest = hasher.Finish();
    return {};
  }

  FileSystem& files_;
  const Accounts& accounts_;
  const std::string& folder_;
  TreeSurvey survey_;
  std::set<std::string> owners_;
  std::set<std::string> groups_;
  std::map<std::pair<uint64_t, uint64_t>, uint32_t> first_names_;  // By device and inode.
};

}  // namespace

Result<TreeSurvey> SurveyTree(FileSystem& files, const Accounts& accounts, const std::string& path,
                              const std::string& host_folder) {
  return Surveyor(files, accounts, host_folder).Run(path);
}

Result<> CopyTree(FileSystem& files, const TreeSurvey& survey, const std::string& host_folder,
                  engine::Staging& staging) {
  format::TableWriter table;
  for (const TreeEntry& entry : survey.entries) table.Add(entry);
  TRY(staging.BeginStream(format::TreeSpec::kTableStream));
  TRY(staging.Write(std::move(table).Finish()));
  TRY(staging.EndStream());
  TRY(staging.BeginStream(format::TreeSpec::kContentStream));
  Bytes buffer(kBuffer);
  for (const TreeEntry& entry : survey.entries) {
    if (entry.type != EntryType::kFile) continue;
    auto file = TRY(files.OpenFile(StrCat(host_folder, "/", entry.path)));
    while (size_t count = TRY(file->Read(buffer)))
      TRY(staging.Write(ByteView(buffer).first(count)));
  }
  TRY(staging.EndStream());
  return staging.Finish();
}

}  // namespace ignite::handlers
