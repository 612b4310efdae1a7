#include "packager/tree_source.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {
namespace {

constexpr size_t kShownFaults = 20;
constexpr std::string_view kCapabilities = "security.capability";
constexpr std::string_view kAclPrefix = "system.posix_acl_";
constexpr std::string_view kSelinuxLabel = "security.selinux";

}  // namespace

TreeOf TreeOfComponent(std::string_view component) {
  return component == format::kOperatingSystem ? TreeOf::kSystem : TreeOf::kApplication;
}

bool LeftOut::Take(TreeOf tree, std::string_view path) {
  if (tree != TreeOf::kSystem || !path.starts_with("dev/")) return false;
  ++count_;
  return true;
}

std::string LeftOut::Note() const {
  if (count_ == 0) return {};
  return StrCat("left out: ", count_,
                " device nodes, FIFOs or sockets of dev/, over which a system mounts its own");
}

void TreeFaults::Add(std::string_view path, std::string_view what, std::string_view remedy) {
  if (++count_ > kShownFaults) return;
  first_.push_back({line_, StrCat("payload ", payload_, ": '", Printable(path), "' ", what),
                    std::string(remedy)});
}

void TreeFaults::AppendTo(std::vector<Fault>& faults) const {
  faults.insert(faults.end(), first_.begin(), first_.end());
  if (count_ <= kShownFaults) return;
  faults.push_back(
      {line_, StrCat("payload ", payload_, ": and ", count_ - kShownFaults, " more"), ""});
}

bool CheckTreePath(const std::string& path, TreeFaults& faults) {
  if (format::IsTreePath(path)) return true;
  faults.Add(path, "is no path that a tree can hold",
             StrCat("use names of at most ", format::kMaxTreeName, " bytes and paths of at most ",
                    format::kMaxTreePath, ", without '..'"));
  return false;
}

bool TakesCapabilities(const format::TreeEntry& entry, const std::vector<std::string>& attributes,
                       TreeFaults& faults) {
  bool takes_capabilities = false;
  bool has_acl = false;
  for (const std::string& name : attributes) {
    if (name == kCapabilities && entry.type == format::EntryType::kFile) {
      takes_capabilities = true;
    } else if (name.starts_with(kAclPrefix)) {
      has_acl = true;
    } else if (name != kSelinuxLabel && !name.starts_with("system.")) {
      faults.Add(
          entry.path,
          StrCat("has the extended attribute '", Printable(name), "', which a tree cannot hold"),
          "remove it with setfattr -x, or copy the source with cp -a --no-preserve=xattr");
    }
  }
  if (has_acl) {
    faults.Add(entry.path, "has an access control list, which a tree cannot hold",
               "remove it with setfacl -b; owner, group and mode must do");
  }
  return takes_capabilities;
}

void RefuseLocked(std::string_view path, TreeFaults& faults) {
  faults.Add(path, "is immutable or append-only, which a tree cannot hold",
             "remove the flags with chattr -ia");
}

void SortNodes(std::vector<TreeNode>& nodes) {
  std::sort(nodes.begin(), nodes.end(), [](const TreeNode& a, const TreeNode& b) {
    return format::ComesBefore(a.entry.path, b.entry.path);
  });
}

}  // namespace ignite::packager
