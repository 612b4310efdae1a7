#include "agent/handlers/tree_comparison.h"

#include <algorithm>
#include <set>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/tree/table.h"

namespace ignite::handlers {
namespace {

using format::EntryType;
using format::TreeEntry;

constexpr size_t kBuffer = 256 * 1024;

std::string Join(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : StrCat(folder, "/", name);
}

FileInfo::Type TypeOnDisk(EntryType type) {
  if (type == EntryType::kDirectory) return FileInfo::Type::kDirectory;
  return type == EntryType::kSymlink ? FileInfo::Type::kSymlink : FileInfo::Type::kFile;
}

class TreeComparison {
 public:
  TreeComparison(FileSystem& files, const Accounts& accounts, const std::string& release,
                 CompareWhat what)
      : files_(files), accounts_(accounts), release_(release), what_(what) {}

  Result<std::vector<std::string>> Run(const std::string& table_path) {
    auto table = TRY(format::TableReader::Open(TRY(files_.OpenFile(table_path))));
    while (auto entry = TRY(table.Next())) {
      TRY(LeaveFinishedFolders(entry->path));
      TRY(Compare(*entry, table));
      if (differences_.size() >= kMaxDifferences) return std::move(differences_);
    }
    while (!open_.empty()) TRY(LeaveFolder());
    return std::move(differences_);
  }

 private:
  /// A folder whose entries are being seen, and the names in it that the table has not mentioned
  /// yet.
  struct Folder {
    std::string path;
    std::set<std::string> unexpected;
  };

  void Report(std::string_view path, std::string_view what) {
    differences_.push_back(StrCat(path.empty() ? "." : Printable(path), ": ", what));
  }

  Result<> LeaveFinishedFolders(std::string_view path) {
    if (open_.empty()) return {};
    size_t slash = path.rfind('/');
    std::string_view parent =
        slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    while (open_.back().path != parent) TRY(LeaveFolder());
    open_.back().unexpected.erase(
        std::string(path.substr(slash == std::string_view::npos ? 0 : slash + 1)));
    return {};
  }

  Result<> LeaveFolder() {
    for (const std::string& name : open_.back().unexpected)
      Report(Join(open_.back().path, name), "is not in the bundle");
    open_.pop_back();
    return {};
  }

  Result<> Compare(const TreeEntry& entry, format::TableReader& table) {
    std::string path = entry.path.empty() ? release_ : StrCat(release_, "/", entry.path);
    auto info = TRY(files_.Inspect(path));
    Folder folder{entry.path, {}};
    if (!info) {
      Report(entry.path, "is missing");
    } else if (info->type != TypeOnDisk(entry.type)) {
      Report(entry.path, "is of another type");
    } else if (what_ == CompareWhat::kPresence) {
      // There, and of its type.
    } else if (entry.type == EntryType::kHardLink) {
      TRY(CompareHardLink(entry, *info, table));
    } else {
      CompareAttributes(entry, *info);
      TRY(CompareContent(entry, path, *info));
      if (entry.type == EntryType::kDirectory && what_ == CompareWhat::kEverything) {
        for (std::string& name : TRY(files_.List(path))) folder.unexpected.insert(std::move(name));
      }
    }
    if (entry.type == EntryType::kDirectory) open_.push_back(std::move(folder));
    return {};
  }

  Result<> CompareHardLink(const TreeEntry& entry, const FileInfo& info,
                           format::TableReader& table) {
    TreeEntry earlier = TRY(table.EntryAt(entry.earlier));
    auto other = TRY(files_.Inspect(StrCat(release_, "/", earlier.path)));
    if (!other || other->inode != info.inode || other->device != info.device) {
      Report(entry.path, StrCat("is no longer the same file as ", Printable(earlier.path)));
    }
    return {};
  }

  void CompareAttributes(const TreeEntry& entry, const FileInfo& info) {
    if (entry.type != EntryType::kSymlink && info.mode != entry.mode)
      Report(entry.path, "has another mode");
    if (accounts_.User(entry.owner) != info.uid || accounts_.Group(entry.group) != info.gid) {
      Report(entry.path, "has another owner or group");
    }
    if (what_ == CompareWhat::kEverything && info.mtime != entry.mtime)
      Report(entry.path, "has another time");
  }

  Result<> CompareContent(const TreeEntry& entry, const std::string& path, const FileInfo& info) {
    if (entry.type == EntryType::kSymlink && TRY(files_.ReadLink(path)) != entry.target) {
      Report(entry.path, "leads elsewhere");
    }
    if (entry.type != EntryType::kFile && entry.type != EntryType::kCopy) return {};
    if (info.size != entry.size || TRY(DigestOf(path)) != entry.digest)
      Report(entry.path, "has other content");
    if (TRY(files_.ReadCapabilities(path)) != entry.capabilities)
      Report(entry.path, "has other capabilities");
    return {};
  }

  Result<Sha256Digest> DigestOf(const std::string& path) {
    auto file = TRY(files_.OpenFile(path));
    format::Sha256Hasher hasher;
    Bytes buffer(kBuffer);
    while (size_t got = TRY(file->Read(buffer))) hasher.Update(ByteView(buffer).first(got));
    return hasher.Finish();
  }

  FileSystem& files_;
  const Accounts& accounts_;
  const std::string& release_;
  CompareWhat what_;
  std::vector<Folder> open_;
  std::vector<std::string> differences_;
};

}  // namespace

Result<std::vector<std::string>> CompareTree(FileSystem& files, const Accounts& accounts,
                                             const std::string& release, const std::string& table,
                                             CompareWhat what) {
  return TreeComparison(files, accounts, release, what).Run(table);
}

}  // namespace ignite::handlers
