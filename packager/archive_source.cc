#include <map>
#include <optional>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/archive_reader.h"
#include "packager/spool.h"
#include "packager/tree_source.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {
namespace {

using Type = ArchiveMember::Type;

constexpr size_t kBlockSize = 128 * 1024;
constexpr std::string_view kPackageNote =
    "the files of a Debian package; its maintainer scripts do not run on the probe, and what it "
    "depends on must be there";

/// "./a//b/" as "a/b". "", "." and "./" are the tree itself; nullopt where the path is absolute or
/// goes up.
std::optional<std::string> Normalised(std::string_view path) {
  if (path.starts_with('/')) return std::nullopt;
  std::string normalised;
  while (!path.empty()) {
    size_t slash = std::min(path.find('/'), path.size());
    std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    normalised += StrCat(normalised.empty() ? "" : "/", part);
  }
  return normalised;
}

struct SpooledPart {
  uint64_t offset;
  uint64_t size;
};

bool IsDirectory(const TreeNode& node) { return node.entry.type == format::EntryType::kDirectory; }

class ArchiveSource : public TreeSource {
 public:
  ArchiveSource(std::string path, TreeOf tree, int64_t time_of_missing)
      : path_(std::move(path)), tree_(tree), time_of_missing_(time_of_missing) {}

  Result<std::vector<TreeNode>> List(TreeFaults& faults) override {
    spool_ = TRY(Spool::Create());
    TRY(ReadMembers(faults));
    AddMissingParents(faults);
    std::vector<TreeNode> nodes;
    for (auto& [path, node] : nodes_) nodes.push_back(std::move(node));
    nodes_.clear();
    SortNodes(nodes);
    return nodes;
  }

  Result<std::unique_ptr<InputFile>> Open(const TreeNode& node) const override {
    const SpooledPart& part = parts_[node.file];
    return spool_->Open(part.offset, part.size);
  }

  std::string Note() const override {
    return is_package_ ? std::string(kPackageNote) : left_out_.Note();
  }

 private:
  Result<> ReadMembers(TreeFaults& faults) {
    auto reader = ArchiveReader::Open(path_);
    if (!reader) {
      Refuse(path_, reader.error(), faults);
      return {};
    }
    is_package_ = (*reader)->IsDebianPackage();
    for (;;) {
      auto member = (*reader)->Next();
      if (!member) Refuse(path_, member.error(), faults);
      if (!member || !*member) return {};
      if (!TRY(TakeMember(**reader, **member, faults))) return {};
    }
  }

  static void Refuse(std::string_view where, const Error& error, TreeFaults& faults) {
    faults.Add(where, error.cause, error.remedy);
  }

  /// False where the archive cannot be read on.
  Result<bool> TakeMember(ArchiveReader& reader, const ArchiveMember& member, TreeFaults& faults) {
    auto path = member.name.empty() ? std::nullopt : Normalised(member.name);
    if (!path) {
      faults.Add(member.name, "is absolute, goes up by '..' or has no sound name",
                 "make the archive from within the folder: tar -C FOLDER -cf ARCHIVE .");
      return true;
    }
    if (member.type == Type::kOther && left_out_.Take(tree_, *path)) return true;
    if (!CheckTreePath(*path, faults) || !IsSound(*path, member, faults)) return true;
    if (member.type == Type::kHardLink) {
      TakeHardLink(*path, member.target, faults);
      return true;
    }
    TreeNode node{MakeEntry(*path, member, faults)};
    if (member.type == Type::kFile && !TRY(SpoolContent(reader, node, faults))) return false;
    nodes_.insert_or_assign(*path, std::move(node));
    return true;
  }

  bool IsSound(const std::string& path, const ArchiveMember& member, TreeFaults& faults) const {
    if (member.type == Type::kOther) {
      faults.Add(path, "is a device node, a FIFO or a socket",
                 "leave it out of the archive; a program makes its own when it runs");
      return false;
    }
    if (member.is_encrypted) {
      faults.Add(path, "is encrypted", "make the archive without a password");
      return false;
    }
    auto known = nodes_.find(path);
    if (known == nodes_.end()) return true;
    if (IsDirectory(known->second) && member.type == Type::kDirectory) return true;
    faults.Add(path, "comes twice in the archive",
               "make the archive anew, each path once; tar -r and -u append a second one");
    return false;
  }

  format::TreeEntry MakeEntry(const std::string& path, const ArchiveMember& member,
                              TreeFaults& faults) const {
    format::TreeEntry entry;
    entry.type = member.type == Type::kDirectory ? format::EntryType::kDirectory
                 : member.type == Type::kSymlink ? format::EntryType::kSymlink
                                                 : format::EntryType::kFile;
    entry.path = path;
    entry.mode = member.type == Type::kSymlink ? 0777 : member.mode;
    entry.mtime = member.mtime;
    TakeOwner(path, member, entry, faults);
    if (member.type == Type::kSymlink) entry.target = member.target;
    if (TakesCapabilities(entry, member.attributes, faults))
      entry.capabilities = member.capabilities;
    if (member.is_locked) RefuseLocked(path, faults);
    return entry;
  }

  void TakeOwner(const std::string& path, const ArchiveMember& member, format::TreeEntry& entry,
                 TreeFaults& faults) const {
    if (tree_ == TreeOf::kApplication) {
      entry.owner = member.owner.empty() ? "root" : member.owner;
      entry.group = member.group.empty() ? "root" : member.group;
      return;
    }
    entry.owner = std::to_string(member.uid);
    entry.group = std::to_string(member.gid);
    if (format::ParseAccountId(entry.owner) && format::ParseAccountId(entry.group)) return;
    faults.Add(path, StrCat("belongs to ", entry.owner, ":", entry.group, ", which are no ids"),
               "make the archive anew, with owners from 0 to 4294967294");
  }

  Result<bool> SpoolContent(ArchiveReader& reader, TreeNode& node, TreeFaults& faults) {
    Bytes block(kBlockSize);
    SpooledPart part{spool_->size(), 0};
    for (;;) {
      auto got = reader.Read(block);
      if (!got) {
        Refuse(node.entry.path, got.error(), faults);
        return false;
      }
      if (*got == 0) break;
      TRY(spool_->Append(ByteView(block).first(*got)));
    }
    part.size = spool_->size() - part.offset;
    node.entry.size = part.size;
    node.file = parts_.size();
    parts_.push_back(part);
    return true;
  }

  void TakeHardLink(const std::string& path, const std::string& target, TreeFaults& faults) {
    auto target_path = Normalised(target);
    auto found = target_path ? nodes_.find(*target_path) : nodes_.end();
    if (found == nodes_.end() || IsDirectory(found->second)) {
      faults.Add(path,
                 StrCat("is a hard link to '", Printable(target),
                        "', which is no earlier file of the archive"),
                 "add the file to the archive, or make the archive with tar --hard-dereference");
      return;
    }
    TreeNode node = found->second;
    node.entry.path = path;
    nodes_.emplace(path, std::move(node));
  }

  void AddMissingParents(TreeFaults& faults) {
    std::vector<std::string> paths = {"x"};  // so that an empty archive, too, has the tree itself
    for (const auto& [path, node] : nodes_) paths.push_back(path);
    for (std::string path : paths) {
      while (!path.empty()) {
        size_t slash = path.rfind('/');
        path.resize(slash == std::string::npos ? 0 : slash);
        auto [parent, is_new] = nodes_.try_emplace(path, TreeNode{MissingDirectory(path)});
        if (IsDirectory(parent->second)) continue;
        faults.Add(path, "is a folder and also something else in the archive",
                   "make the archive anew, each path once");
        break;
      }
    }
  }

  format::TreeEntry MissingDirectory(const std::string& path) const {
    format::TreeEntry entry;
    entry.type = format::EntryType::kDirectory;
    entry.path = path;
    entry.mode = 0755;
    entry.mtime = {time_of_missing_, 0};
    entry.owner = entry.group = tree_ == TreeOf::kSystem ? "0" : "root";
    return entry;
  }

  std::string path_;
  TreeOf tree_;
  bool is_package_ = false;
  LeftOut left_out_;
  int64_t time_of_missing_;
  std::map<std::string, TreeNode> nodes_;
  std::vector<SpooledPart> parts_;
  std::optional<Spool> spool_;
};

}  // namespace

std::unique_ptr<TreeSource> MakeArchiveSource(const std::string& path, TreeOf tree,
                                              int64_t time_of_missing) {
  return std::make_unique<ArchiveSource>(path, tree, time_of_missing);
}

}  // namespace ignite::packager
