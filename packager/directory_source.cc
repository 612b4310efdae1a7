#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>
#include <map>

#include "base/file_system.h"
#include "base/long_path.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/tree_source.h"

namespace ignite::packager {
namespace {

/// Debian's first id of a person; those below belong to the system and its services.
constexpr uint32_t kFirstUserId = 1000;
constexpr std::string_view kRoot = "root";

/// The names of the host's system accounts.
class AccountNames {
 public:
  const std::string& User(uid_t uid) {
    return Remember(users_, uid, [&] {
      const passwd* found = getpwuid(uid);
      return found == nullptr ? nullptr : found->pw_name;
    });
  }
  const std::string& Group(gid_t gid) {
    return Remember(groups_, gid, [&] {
      const group* found = getgrgid(gid);
      return found == nullptr ? nullptr : found->gr_name;
    });
  }

 private:
  using Names = std::map<uint32_t, std::string>;

  template <class LookUp>
  static const std::string& Remember(Names& names, uint32_t id, LookUp look_up) {
    auto [known, is_new] = names.emplace(id, kRoot);
    if (is_new && id != 0 && id < kFirstUserId) {
      const char* name = look_up();
      if (name != nullptr && format::IsAccountName(name)) known->second = name;
    }
    return known->second;
  }

  Names users_;
  Names groups_;
};

/// A source that goes away or cannot be read is no fault of the recipe, and no wrong argument
/// either.
Error ReadingFailed(Error error) {
  if (error.code == ErrorCode::kNotFound) {
    return {ErrorCode::kIo, std::move(error.cause),
            "build again when nothing writes to the source"};
  }
  return error;
}

class DirectorySource : public TreeSource {
 public:
  DirectorySource(std::string root, TreeOf tree)
      : root_(std::move(root)), tree_(tree), files_(MakePosixFileSystem()) {}

  Result<std::vector<TreeNode>> List(TreeFaults& faults) override {
    auto listed = Walk("", faults);
    if (!listed) return ReadingFailed(std::move(listed).error());
    SortNodes(nodes_);
    return std::move(nodes_);
  }

  Result<std::unique_ptr<InputFile>> Open(const TreeNode& node) const override {
    auto file = files_->OpenFile(FullPath(paths_[node.file]));
    if (!file) return ReadingFailed(std::move(file).error());
    return file;
  }

  std::string Note() const override { return left_out_.Note(); }

 private:
  std::string FullPath(const std::string& path) const {
    return path.empty() ? root_ : StrCat(root_, "/", path);
  }

  Result<> Walk(const std::string& path, TreeFaults& faults) {
    if (!CheckTreePath(path, faults)) return {};
    auto place = TRY(LongPath::Reach(FullPath(path)));
    if (!place) return SystemError(StrCat("reading ", FullPath(path)), ENOENT);
    struct statx status {};
    // The tree itself may be named by a symbolic link; in it none is followed.
    int flags = path.empty() ? 0 : AT_SYMLINK_NOFOLLOW;
    if (statx(place->folder(), place->rest(), flags, STATX_BASIC_STATS, &status) != 0)
      return SystemError(StrCat("reading ", FullPath(path)), errno);
    if ((status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0)
      RefuseLocked(path, faults);
    if (S_ISDIR(status.stx_mode)) return WalkDirectory(path, status, faults);
    if (S_ISREG(status.stx_mode)) return AddFile(path, status, faults);
    if (S_ISLNK(status.stx_mode)) return AddSymlink(path, status, faults);
    if (left_out_.Take(tree_, path)) return {};
    std::string_view what = S_ISFIFO(status.stx_mode)   ? "is a FIFO"
                            : S_ISSOCK(status.stx_mode) ? "is a socket"
                                                        : "is a device node";
    faults.Add(path, what, "remove it from the source; a program makes its own when it runs");
    return {};
  }

  Result<> WalkDirectory(const std::string& path, const struct statx& status, TreeFaults& faults) {
    nodes_.push_back({TRY(MakeEntry(format::EntryType::kDirectory, path, status, faults))});
    for (const std::string& name : TRY(files_->List(FullPath(path)))) {
      TRY(Walk(path.empty() ? name : StrCat(path, "/", name), faults));
    }
    return {};
  }

  Result<> AddFile(const std::string& path, const struct statx& status, TreeFaults& faults) {
    TreeNode node{TRY(MakeEntry(format::EntryType::kFile, path, status, faults))};
    node.entry.size = status.stx_size;
    node.file = paths_.size();
    if (status.stx_nlink > 1) {
      dev_t device = makedev(status.stx_dev_major, status.stx_dev_minor);
      auto [known, is_new] = linked_.emplace(std::pair(device, status.stx_ino), node.file);
      node.file = known->second;
    }
    if (node.file == paths_.size()) paths_.push_back(path);
    nodes_.push_back(std::move(node));
    return {};
  }

  Result<> AddSymlink(const std::string& path, const struct statx& status, TreeFaults& faults) {
    TreeNode node{TRY(MakeEntry(format::EntryType::kSymlink, path, status, faults))};
    node.entry.mode = 0777;
    auto target = TRY(files_->ReadLink(FullPath(path)));
    if (!target) return SystemError(StrCat("reading ", FullPath(path)), ENOENT);
    node.entry.target = *std::move(target);
    nodes_.push_back(std::move(node));
    return {};
  }

  Result<format::TreeEntry> MakeEntry(format::EntryType type, const std::string& path,
                                      const struct statx& status, TreeFaults& faults) {
    format::TreeEntry entry;
    entry.type = type;
    entry.path = path;
    entry.mode = status.stx_mode & 07777u;
    entry.mtime = {status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec};
    bool by_id = tree_ == TreeOf::kSystem;
    entry.owner = by_id ? std::to_string(status.stx_uid) : accounts_.User(status.stx_uid);
    entry.group = by_id ? std::to_string(status.stx_gid) : accounts_.Group(status.stx_gid);
    if (TakesCapabilities(entry, TRY(ListAttributes(path)), faults))
      entry.capabilities = TRY(files_->ReadCapabilities(FullPath(path)));
    return entry;
  }

  /// The names of the extended attributes.
  Result<std::vector<std::string>> ListAttributes(const std::string& path) {
    // The tree itself may be named by a symbolic link, which has none.
    auto place = TRY(LongPath::Reach(path.empty() ? FullPath("") + "/." : FullPath(path)));
    ssize_t size =
        place ? llistxattr(place->Whole().c_str(), attributes_.data(), attributes_.size()) : 0;
    if (size < 0 && errno != ENOTSUP)
      return SystemError(StrCat("listing the attributes of ", FullPath(path)), errno);
    std::vector<std::string> names;
    for (ssize_t begin = 0; begin < size; begin += static_cast<ssize_t>(names.back().size()) + 1)
      names.emplace_back(&attributes_[static_cast<size_t>(begin)]);
    return names;
  }

  std::string root_;
  TreeOf tree_;
  LeftOut left_out_;
  std::unique_ptr<FileSystem> files_;
  AccountNames accounts_;
  std::vector<TreeNode> nodes_;
  std::vector<std::string> paths_;  ///< By the number of the file.
  std::map<std::pair<dev_t, uint64_t>, size_t> linked_;
  std::string attributes_ = std::string(XATTR_LIST_MAX, '\0');
};

}  // namespace

std::unique_ptr<TreeSource> MakeDirectorySource(const std::string& path, TreeOf tree) {
  return std::make_unique<DirectorySource>(path, tree);
}

}  // namespace ignite::packager
