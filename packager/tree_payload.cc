#include "packager/tree_payload.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/tree_content.h"
#include "packager/tree_source.h"
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

class BytesAsFile : public InputFile {
 public:
  explicit BytesAsFile(ByteView bytes) : bytes_(bytes) {}
  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t count = std::min(buffer.size(), bytes_.size() - place_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(place_), count, buffer.begin());
    place_ += count;
    return count;
  }
  Result<> Seek(uint64_t offset) override {
    place_ = static_cast<size_t>(std::min<uint64_t>(offset, bytes_.size()));
    return {};
  }
  Result<uint64_t> Size() override { return bytes_.size(); }

 private:
  ByteView bytes_;
  size_t place_ = 0;
};

Result<> CheckTable(ByteView table) {
  if (table.size() > format::kMaxTableSize) {
    return Error{ErrorCode::kCorrupt, "the tree has too many entries", "split the payload"};
  }
  auto reader = TRY(format::TableReader::Open(std::make_unique<BytesAsFile>(table)));
  while (TRY(reader.Next())) {
  }
  return {};
}

/// What the section says, and the lines that later faults belong to.
struct TreeSettings {
  std::string source;
  bool source_is_directory = false;
  TreeSpec spec;           ///< Path, units, links and allow.
  std::string users_path;  ///< In the tree; empty for none.
  int source_line = 0;
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

  std::vector<std::string> Sources() const override { return {settings_.source}; }

  Result<PayloadContent> Collect(const CollectContext& context,
                                 std::vector<Fault>& faults) override {
    auto source = settings_.source_is_directory
                      ? MakeDirectorySource(settings_.source)
                      : MakeArchiveSource(settings_.source, context.source_date_epoch.value_or(0));
    size_t faults_before = faults.size();
    TreeFaults tree_faults(context.payload, settings_.source_line);
    context.show(StrCat("listing ", context.payload));
    std::vector<TreeNode> nodes = TRY(source->List(tree_faults));
    // In a source that could not be listed at all every path would be missed.
    if (tree_faults.empty() || nodes.size() > 1) CheckSettings(nodes, context, faults);
    ExpandAllow(nodes);
    CheckNodes(nodes, context.component, tree_faults);
    tree_faults.AppendTo(faults);
    if (faults.size() != faults_before) return PayloadContent();

    ClampTimes(nodes, context.source_date_epoch);
    TRY(ReadUsers(*source, nodes, faults));
    size_t read = 0;
    size_t total = nodes.size();
    auto show = [&](std::string_view) {
      context.show(StrCat("reading ", context.payload, ": ", ++read, " of ", total, " entries"));
    };
    NumberedTree tree = TRY(NumberTree(*source, std::move(nodes), show));
    return Finish(std::move(tree), std::move(source), context, faults);
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

  void CheckNodes(const std::vector<TreeNode>& nodes, std::string_view component,
                  TreeFaults& faults) const {
    std::set<std::string_view> allowed(settings_.spec.allow.begin(), settings_.spec.allow.end());
    if (nodes.size() > static_cast<size_t>(format::kMaxTreeEntries)) {
      faults.Add("", StrCat("has more than ", format::kMaxTreeEntries, " entries"),
                 "split it into several payloads");
    }
    for (const TreeNode& node : nodes) {
      const TreeEntry& entry = node.entry;
      if (!format::IsAccountName(entry.owner) || !format::IsAccountName(entry.group)) {
        faults.Add(entry.path,
                   StrCat("belongs to ", Quoted(entry.owner), ":", Quoted(entry.group),
                          ", which no probe can have"),
                   "give it to an account of 1 to 32 letters, digits and . _ - $");
      }
      bool is_symlink = entry.type == EntryType::kSymlink;
      if (is_symlink && (entry.target.empty() || entry.target.size() > format::kMaxTreePath)) {
        faults.Add(entry.path, "has an empty or too long link target", "make the link anew");
      }
      size_t capabilities = entry.capabilities.size();
      if (capabilities != 0 && capabilities != 20 && capabilities != 24) {
        faults.Add(entry.path, "has file capabilities of an unknown layout",
                   "set them anew with setcap");
      }
      auto need = entry.NeedsPermission();
      if (!need || component == "os" || allowed.contains(entry.path)) continue;
      faults.Add(entry.path, StrCat("has ", *need),
                 is_symlink ? "remove it, or add the path, or FOLDER/** for all links below a "
                              "folder, to 'allow =' if it is meant"
                            : "remove it, or add the path to 'allow =' if it is meant");
    }
  }

  static void ClampTimes(std::vector<TreeNode>& nodes, std::optional<int64_t> latest) {
    if (!latest) return;
    for (TreeNode& node : nodes)
      node.entry.mtime = std::min(node.entry.mtime, FileTime{*latest, 0});
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

  Result<PayloadContent> Finish(NumberedTree tree, std::unique_ptr<TreeSource> source,
                                const CollectContext& context, std::vector<Fault>& faults) const {
    TreeSpec spec = settings_.spec;
    std::set<std::string> owners;
    std::set<std::string> groups;
    format::TableWriter table;
    for (const TreeEntry& entry : tree.entries) {
      table.Add(entry);
      spec.bytes += TreeSpec::DiskBytes(entry);
      if (entry.type == EntryType::kHardLink) continue;
      owners.insert(entry.owner);
      groups.insert(entry.group);
    }
    spec.entries = tree.entries.size();
    spec.owners.assign(owners.begin(), owners.end());
    spec.groups.assign(groups.begin(), groups.end());

    PayloadContent content;
    content.spec = spec.ToJson();
    Bytes table_bytes = std::move(table).Finish();
    // A probe reads both by these rules; what it would refuse is better found here.
    Result<> readable = CheckTable(table_bytes);
    if (auto read_spec = TreeSpec::FromJson(content.spec); !read_spec) {
      readable = std::move(read_spec).error();
    }
    if (!readable) {
      faults.push_back({settings_.source_line,
                        StrCat("payload ", context.payload, ": ", readable.error().cause),
                        "correct the keys or the source of the payload"});
    }
    content.note = source->Note();
    content.plain_bytes = table_bytes.size() + tree.content_bytes;
    content.streams.push_back(std::make_unique<format::MemoryStream>(std::move(table_bytes)));
    content.streams.push_back(MakeContentStream(std::move(source), std::move(tree.files)));
    return content;
  }

  TreeSettings settings_;
};

void ReadSource(RecipeSection& section, const std::string& folder, TreeSettings& settings) {
  std::string source = section.Required("source", "build/web");
  settings.source_line = section.LineOf("source");
  if (source.empty()) return;
  settings.source = BesideRecipe(folder, source);
  while (settings.source.size() > 1 && settings.source.ends_with('/')) settings.source.pop_back();
  // "/." so that a symbolic link to a folder counts as one.
  auto files = MakePosixFileSystem();
  auto directory = files->Inspect(settings.source + "/.");
  auto file = files->Inspect(settings.source);
  settings.source_is_directory = directory && *directory;
  if (settings.source_is_directory) return;
  if (!file || !*file) {
    section.Refuse("source", StrCat("there is no ", Quoted(settings.source)),
                   "give a folder or an archive, by its path from the recipe's folder");
  } else if ((*file)->type == FileInfo::Type::kOther) {
    section.Refuse("source", StrCat(Quoted(settings.source), " is neither a folder nor a file"),
                   "give a folder or an archive");
  }
}

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

}  // namespace

std::unique_ptr<PayloadInput> ReadTreeInput(RecipeSection& section, const std::string& folder) {
  TreeSettings settings;
  ReadSource(section, folder, settings);
  settings.spec.path = section.Required("path", "/opt/netprobe/web");
  if (!settings.spec.path.empty() && !format::IsProbePath(settings.spec.path)) {
    section.Refuse("path", StrCat(Quoted(settings.spec.path), " is no place on a probe"),
                   "write an absolute path without '.', '..' or a slash at the end");
  }
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
  auto spec = TreeSpec::FromJson(payload.spec);
  if (!spec) return {};
  std::string text = StrCat(spec->entries, " entries, ", SizeInWords(spec->bytes), " on disk, at ",
                            Printable(spec->path));
  for (const std::string& unit : spec->units) text += StrCat(", unit ", Printable(unit));
  for (const TreeLink& link : spec->links) {
    text += StrCat(", link ", Printable(link.from), " -> ", Printable(link.to));
  }
  return text;
}

}  // namespace ignite::packager
