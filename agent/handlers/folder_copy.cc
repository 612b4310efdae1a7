#include "agent/handlers/folder_copy.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/crypto/hash.h"

namespace ignite::handlers {
namespace {

using Type = FileInfo::Type;

constexpr size_t kBuffer = 64 * 1024;

std::string Below(const std::string& folder, const std::string& path) {
  return path.empty() ? folder : StrCat(folder, "/", path);
}

Result<> Add(FileSystem& files, const std::string& folder, const std::string& path,
             std::vector<FolderEntry>& entries) {
  std::string host = Below(folder, path);
  auto info = TRY(files.Inspect(host));
  if (!info) return Error{ErrorCode::kNotFound, StrCat(Printable(host), " is gone"), "try again"};
  bool is_special = info->type == Type::kOther || (path.empty() && info->type != Type::kDirectory);
  if (is_special || entries.size() >= kMaxFolderEntries) {
    return Error{ErrorCode::kRefused,
                 is_special
                     ? StrCat(Printable(host), " is neither a file, a folder nor a link")
                     : StrCat(Printable(folder), " has more than ", kMaxFolderEntries, " entries"),
                 "move it out of the configuration"};
  }
  FolderEntry entry{path, *info, ""};
  if (info->type == Type::kSymlink) entry.target = TRY(files.ReadLink(host)).value_or("");
  entries.push_back(std::move(entry));
  if (info->type != Type::kDirectory) return {};
  for (const std::string& name : TRY(files.List(host)))
    TRY(Add(files, folder, path.empty() ? name : StrCat(path, "/", name), entries));
  return {};
}

/// Hands the content to `take`, piece by piece.
template <class Take>
Result<> ReadPieces(FileSystem& files, const std::string& path, Take take) {
  auto file = TRY(files.OpenFile(path));
  Bytes buffer(kBuffer);
  while (size_t count = TRY(file->Read(buffer))) TRY(take(ByteView(buffer).first(count)));
  return {};
}

Result<Sha256Digest> HashFile(FileSystem& files, const std::string& path) {
  format::Sha256Hasher hasher;
  TRY(ReadPieces(files, path, [&](ByteView piece) -> Result<> {
    hasher.Update(piece);
    return {};
  }));
  return hasher.Finish();
}

}  // namespace

Result<std::vector<FolderEntry>> ListFolder(FileSystem& files, const std::string& folder) {
  std::vector<FolderEntry> entries;
  TRY(Add(files, folder, "", entries));
  return entries;
}

Result<Sha256Digest> HashFolder(FileSystem& files, const std::string& folder) {
  format::Sha256Hasher hasher;
  auto entries = TRY(ListFolder(files, folder));
  for (const FolderEntry& entry : entries) {
    std::string content = entry.target;
    if (entry.info.type == Type::kFile)
      content = TRY(HashFile(files, Below(folder, entry.path))).Hex();
    std::string line = StrCat(static_cast<int>(entry.info.type), " ", entry.info.mode, " ",
                              entry.info.uid, " ", entry.info.gid, " ");
    // A name and a target may have any byte but NUL.
    line += entry.path + '\0' + content + '\0';
    hasher.Update(AsBytes(line));
  }
  return hasher.Finish();
}

FileAttributes SameAttributes(const FolderEntry& entry) {
  return {entry.info.mode, entry.info.uid, entry.info.gid, entry.info.mtime, {}};
}

Result<> CopyFolder(FileSystem& files, const std::string& from, const std::string& to,
                    const AttributesOf& attributes) {
  TRY(files.RemoveTree(to));
  auto entries = TRY(ListFolder(files, from));
  // Parents first, for those of an entry may follow from its folder's.
  std::vector<FileAttributes> given;
  for (const FolderEntry& entry : entries) given.push_back(attributes(entry));
  auto tree = TRY(files.CreateTree(to));
  for (size_t i = 0; i < entries.size(); ++i) {
    const FolderEntry& entry = entries[i];
    if (entry.info.type == Type::kDirectory) {
      if (!entry.path.empty()) TRY(tree->MakeDirectory(entry.path));
    } else if (entry.info.type == Type::kSymlink) {
      TRY(tree->MakeSymlink(entry.path, entry.target, given[i]));
    } else {
      TRY(tree->StartFile(entry.path));
      TRY(ReadPieces(files, Below(from, entry.path),
                     [&](ByteView piece) { return tree->Write(piece); }));
      TRY(tree->FinishFile(given[i]));
    }
  }
  for (size_t i = entries.size(); i-- > 0;) {
    if (entries[i].info.type == Type::kDirectory)
      TRY(tree->SetDirectoryAttributes(entries[i].path, given[i]));
  }
  return files.SyncFileSystem(to);
}

}  // namespace ignite::handlers
