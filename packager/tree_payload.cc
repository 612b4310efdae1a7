#include "packager/tree_payload.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/tree_packing.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {
namespace {

using format::EntryType;
using format::TreeEntry;
using format::TreeLink;
using format::TreeSpec;

constexpr size_t kMaxUsersFile = 16 * 1024;
constexpr std::string_view kAllLinks = "**";
constexpr std::string_view kTreePathRule =
    "write a path within the tree, such as systemd/web.service";

std::string_view BaseName(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool IsPathInTree(std::string_view path) { return !path.empty() && format::IsTreePath(path); }

/// "FOLDER/**", and "**" for the tree itself: all symbolic links below the folder. Links alone, for
/// a setuid file that nobody has seen should not come with them.
std::optional<std::string_view> FolderOfPattern(std::string_view allowed) {
  if (allowed == kAllLinks) return "";
  if (!allowed.ends_with(StrCat("/", kAllLinks))) return std::nullopt;
  return allowed.substr(0, allowed.size() - kAllLinks.size() - 1);
}

bool IsBelow(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

/// What the section says, and the lines that later faults belong to.
struct TreeSettings {
  TreeOrigin origin;
  TreeSpec spec;           ///< Path, units, links and allow.
  std::string users_path;  ///< In the tree; empty for none.
  int path_line = 0;
  int units_line = 0;
  int link_line = 0;
  int users_line = 0;
  int allow_line = 0;
};

/// The paths of a tree that its settings ask for.
class TreePaths {
 public:
  explicit TreePaths(const std::vector<TreeNode>& nodes) {
    for (const TreeNode& node : nodes) nodes_.emplace(node.entry.path, &node);
  }

  const TreeNode* Find(std::string_view path) const {
    auto found = nodes_.find(path);
    return found == nodes_.end() ? nullptr : found->second;
  }
  const TreeNode* FindFile(std::string_view path) const {
    const TreeNode* node = Find(path);
    return node != nullptr && node->entry.type == EntryType::kFile ? node : nullptr;
  }

  /// A path that ends in the same name, or is written nearly the same.
  std::string Suggest(std::string_view wanted) const {
    std::vector<std::string_view> near;
    for (const auto& [path, node] : nodes_) {
      if (path.empty()) continue;
      if (BaseName(path) == BaseName(wanted)) return StrCat("did you mean ", Quoted(path), "?");
      auto difference = static_cast<int64_t>(path.size()) - static_cast<int64_t>(wanted.size());
      if (difference >= -3 && difference <= 3) near.push_back(path);
    }
    if (auto nearest = NearestWord(wanted, near))
      return StrCat("did you mean ", Quoted(*nearest), "?");
    return "add it to the source, or write its path from the top of the source";
  }

 private:
  std::map<std::string_view, const TreeNode*> nodes_;
};

class TreeInput : public PayloadInput {
 public:
  explicit TreeInput(TreeSettings settings) : settings_(std::move(settings)) {}

  std::vector<TakenPlace> Places() const override {
    const TreeSpec& spec = settings_.spec;
    std::vector<TakenPlace> places;
    if (spec.path.empty()) return places;
    for (std::string& path : spec.Places()) {
      bool is_link = std::any_of(spec.links.begin(), spec.links.end(),
                                 [&](const TreeLink& link) { return link.to == path; });
      places.push_back({std::move(path), is_link ? settings_.link_line : settings_.path_line});
    }
    return places;
  }

  std::vector<std::string> Sources() const override { return {settings_.origin.path}; }

  Result<PayloadContent> Collect(const CollectContext& context,
                                 std::vector<Fault>& faults) override {
    auto source = OpenOrigin(settings_.origin, context);
    size_t faults_before = faults.size();
    TreeFaults tree_faults(context.payload, settings_.origin.line);
    std::vector<TreeNode> nodes = TRY(source->List(tree_faults));
    // In a source that could not be listed at all every path would be missed.
    if (tree_faults.empty() || nodes.size() > 1) CheckSettings(nodes, context, faults);
    ExpandAllow(nodes);
    CheckTreeNodes(nodes, tree_faults);
    CheckPermissions(nodes, context.component, tree_faults);
    tree_faults.AppendTo(faults);
    if (faults.size() != faults_before) return PayloadContent();

    TRY(ReadUsers(*source, nodes, faults));
    PackedTree tree =
        TRY(PackTree(std::move(source), std::move(nodes), settings_.origin, context, faults));
    return Finish(std::move(tree), context, faults);
  }

 private:
  void CheckSettings(const std::vector<TreeNode>& nodes, const CollectContext& context,
                     std::vector<Fault>& faults) const {
    TreePaths paths(nodes);
    auto refuse = [&](int line, std::string_view key, const std::string& path,
                      std::string_view what) {
      faults.push_back({line,
                        StrCat("payload ", context.payload, ": ", key, " names ", Quoted(path),
                               ", which is no ", what, " of the tree"),
                        paths.Suggest(path)});
    };
    for (const std::string& unit : settings_.spec.units) {
      bool in_tree = unit.find('/') != std::string::npos;
      if (in_tree && paths.FindFile(unit) == nullptr) {
        refuse(settings_.units_line, "units", unit, "file");
      }
    }
    for (const TreeLink& link : settings_.spec.links) {
      if (paths.Find(link.from) == nullptr) {
        refuse(settings_.link_line, "link", link.from, "path");
      }
    }
    for (const std::string& path : settings_.spec.allow) {
      auto folder = FolderOfPattern(path);
      const TreeNode* node = paths.Find(folder.value_or(path));
      bool is_found = node != nullptr && (!folder || node->entry.type == EntryType::kDirectory);
      if (!is_found) refuse(settings_.allow_line, "allow", path, folder ? "folder" : "path");
    }
    if (!settings_.users_path.empty() && paths.FindFile(settings_.users_path) == nullptr) {
      refuse(settings_.users_line, "users", settings_.users_path, "file");
    }
  }

  /// From patterns to the paths that the bundle names.
  void ExpandAllow(const std::vector<TreeNode>& nodes) {
    std::set<std::string> allowed;
    for (const std::string& path : settings_.spec.allow) {
      auto folder = FolderOfPattern(path);
      if (!folder) allowed.insert(path);
      for (const TreeNode& node : nodes) {
        bool is_meant = folder && node.entry.type == EntryType::kSymlink &&
                        IsBelow(node.entry.path, *folder) && node.entry.NeedsPermission();
        if (is_meant) allowed.insert(node.entry.path);
      }
    }
    settings_.spec.allow.assign(allowed.begin(), allowed.end());
  }

  void CheckPermissions(const std::vector<TreeNode>& nodes, std::string_view component,
                        TreeFaults& faults) const {
    if (component == format::kOperatingSystem) return;
    std::set<std::string_view> allowed(settings_.spec.allow.begin(), settings_.spec.allow.end());
    for (const TreeNode& node : nodes) {
      const TreeEntry& entry = node.entry;
      auto need = entry.NeedsPermission();
      if (!need || allowed.contains(entry.path)) continue;
      faults.Add(entry.path, StrCat("has ", *need),
                 entry.type == EntryType::kSymlink
                     ? "remove it, or add the path, or FOLDER/** for all links below a folder, to "
                       "'allow =' if it is meant"
                     : "remove it, or add the path to 'allow =' if it is meant");
    }
  }

  Result<> ReadUsers(const TreeSource& source, const std::vector<TreeNode>& nodes,
                     std::vector<Fault>& faults) {
    if (settings_.users_path.empty()) return {};
    auto file = TRY(source.Open(*TreePaths(nodes).FindFile(settings_.users_path)));
    std::string text(kMaxUsersFile + 1, '\0');
    text.resize(TRY(file->Read(std::as_writable_bytes(std::span(text)))));
    if (text.size() > kMaxUsersFile) {
      faults.push_back({settings_.users_line,
                        StrCat("the file ", Quoted(settings_.users_path), " is larger than ",
                               kMaxUsersFile, " bytes"),
                        "keep the accounts that this payload needs"});
      text.clear();
    }
    settings_.spec.users = std::move(text);
    return {};
  }

  Result<PayloadContent> Finish(PackedTree tree, const CollectContext& context,
                                std::vector<Fault>& faults) const {
    TreeSpec spec = settings_.spec;
    std::set<std::string> owners;
    std::set<std::string> groups;
    for (const TreeEntry& entry : tree.entries) {
      if (entry.type == EntryType::kHardLink) continue;
      owners.insert(entry.owner);
      groups.insert(entry.group);
    }
    spec.entries = tree.entries.size();
    spec.bytes = tree.disk_bytes;
    spec.owners.assign(owners.begin(), owners.end());
    spec.groups.assign(groups.begin(), groups.end());

    PayloadContent content = std::move(tree.content);
    content.spec = spec.ToJson();
    // A probe reads it by these rules; what it would refuse is better found here.
    if (auto readable = TreeSpec::FromJson(content.spec, context.component); !readable) {
      faults.push_back({settings_.origin.line,
                        StrCat("payload ", context.payload, ": ", readable.error().cause),
                        "correct the keys of the payload"});
    }
    return content;
  }

  TreeSettings settings_;
};

void ReadLinks(RecipeSection& section, TreeSpec& spec) {
  std::set<std::string> targets;
  for (const std::string& text : section.List("link")) {
    size_t arrow = text.find("->");
    std::string_view view = text;
    TreeLink link{std::string(TrimSpace(view.substr(0, std::min(arrow, view.size())))), ""};
    if (arrow != std::string::npos) link.to = TrimSpace(view.substr(arrow + 2));
    if (!IsPathInTree(link.from) || !format::IsProbePath(link.to)) {
      section.Refuse("link", StrCat(Quoted(text), " is no link"),
                     "write PATH-IN-THE-TREE -> /PATH/ON/THE/PROBE");
    } else if (!targets.insert(link.to).second) {
      section.Refuse("link", StrCat("two links are to stand at ", Quoted(link.to)), "keep one");
    } else {
      spec.links.push_back(std::move(link));
    }
  }
}

/// What only a component with a place of its own has.
void RefusePlaces(RecipeSection& section) {
  for (std::string_view key : {"path", "units", "link", "users", "allow"}) {
    if (!section.Has(key)) continue;
    section.Refuse(key, StrCat("the operating system has no '", key, "'"),
                   "remove the line: the tree fills a slot, with links, units and accounts in it, "
                   "and everything in it is allowed");
  }
}

}  // namespace

std::unique_ptr<PayloadInput> ReadTreeInput(RecipeSection& section, const std::string& folder) {
  TreeSettings settings;
  settings.origin = ReadTreeOrigin(section, folder, "build/web");
  std::string component = section.Optional("component");
  if (format::IsComponent(component) && !TreeSpec::IsFor(component)) {
    section.Refuse("component", StrCat("a tree cannot be of the component ", Quoted(component)),
                   StrCat("write component = ", TreeSpec::kComponents, "NAME, or another type"));
  }
  if (component == format::kOperatingSystem) {
    RefusePlaces(section);
    return std::make_unique<TreeInput>(std::move(settings));
  }
  settings.spec.path = ReadProbePath(section, "/opt/netprobe/web");
  for (std::string& unit : settings.spec.units = section.List("units")) {
    if (format::IsUnit(unit)) continue;
    section.Refuse(
        "units", StrCat(Quoted(unit), " is no unit"),
        "write DIR/NAME.service for a file of the tree, NAME.service for a unit of the OS");
  }
  ReadLinks(section, settings.spec);
  settings.spec.allow = section.List("allow");
  for (const std::string& path : settings.spec.allow) {
    if (!IsPathInTree(path)) {
      section.Refuse("allow", StrCat(Quoted(path), " is no path in a tree"), kTreePathRule);
    }
  }
  settings.users_path = section.Optional("users");
  if (section.Has("users") && !IsPathInTree(settings.users_path)) {
    section.Refuse("users", StrCat(Quoted(settings.users_path), " is no path in a tree"),
                   kTreePathRule);
  }
  settings.path_line = section.LineOf("path");
  settings.units_line = section.LineOf("units");
  settings.link_line = section.LineOf("link");
  settings.users_line = section.LineOf("users");
  settings.allow_line = section.LineOf("allow");
  return std::make_unique<TreeInput>(std::move(settings));
}

std::string DescribeTree(const format::PayloadInfo& payload) {
  auto spec = TreeSpec::FromJson(payload.spec, payload.component);
  if (!spec) return {};
  std::string text = StrCat(spec->entries, " entries, ", SizeInWords(spec->bytes), " on disk");
  if (!spec->path.empty()) text += StrCat(", at ", Printable(spec->path));
  for (const std::string& unit : spec->units) text += StrCat(", unit ", Printable(unit));
  for (const TreeLink& link : spec->links) {
    text += StrCat(", link ", Printable(link.from), " -> ", Printable(link.to));
  }
  return text;
}

}  // namespace ignite::packager
