#include "packager/tree_packing.h"

#include <algorithm>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/tree_content.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {
namespace {

using format::TreeEntry;

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

void ClampTimes(std::vector<TreeNode>& nodes, std::optional<int64_t> latest) {
  if (!latest) return;
  for (TreeNode& node : nodes) node.entry.mtime = std::min(node.entry.mtime, FileTime{*latest, 0});
}

}  // namespace

TreeOrigin ReadTreeOrigin(RecipeSection& section, const std::string& folder,
                          std::string_view example) {
  TreeOrigin origin;
  std::string source = section.Required("source", example);
  origin.line = section.LineOf("source");
  if (source.empty()) return origin;
  origin.path = BesideRecipe(folder, source);
  while (origin.path.size() > 1 && origin.path.ends_with('/')) origin.path.pop_back();
  // "/." so that a symbolic link to a folder counts as one.
  auto files = MakePosixFileSystem();
  auto directory = files->Inspect(origin.path + "/.");
  auto file = files->Inspect(origin.path);
  origin.is_directory = directory && *directory;
  if (origin.is_directory) return origin;
  if (!file || !*file) {
    section.Refuse("source", StrCat("there is no ", Quoted(origin.path)),
                   "give a folder or an archive, by its path from the recipe's folder");
  } else if ((*file)->type == FileInfo::Type::kOther) {
    section.Refuse("source", StrCat(Quoted(origin.path), " is neither a folder nor a file"),
                   "give a folder or an archive");
  }
  return origin;
}

std::string ReadProbePath(RecipeSection& section, std::string_view example) {
  std::string path = section.Required("path", example);
  if (path.empty() || format::IsProbePath(path)) return path;
  section.Refuse("path", StrCat(Quoted(path), " is no place on a probe"),
                 "write an absolute path without '.', '..' or a slash at the end");
  return path;
}

std::unique_ptr<TreeSource> OpenOrigin(const TreeOrigin& origin, const CollectContext& context) {
  TreeOf tree = TreeOfComponent(context.component);
  context.show(StrCat("listing ", context.payload));
  return origin.is_directory
             ? MakeDirectorySource(origin.path, tree)
             : MakeArchiveSource(origin.path, tree, context.source_date_epoch.value_or(0));
}

void CheckTreeNodes(const std::vector<TreeNode>& nodes, TreeFaults& faults) {
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
    bool is_symlink = entry.type == format::EntryType::kSymlink;
    if (is_symlink && (entry.target.empty() || entry.target.size() > format::kMaxTreePath)) {
      faults.Add(entry.path, "has an empty or too long link target", "make the link anew");
    }
    size_t capabilities = entry.capabilities.size();
    if (capabilities != 0 && capabilities != 20 && capabilities != 24) {
      faults.Add(entry.path, "has file capabilities of an unknown layout",
                 "set them anew with setcap");
    }
  }
}

Result<PackedTree> PackTree(std::unique_ptr<TreeSource> source, std::vector<TreeNode> nodes,
                            const TreeOrigin& origin, const CollectContext& context,
                            std::vector<Fault>& faults) {
  ClampTimes(nodes, context.source_date_epoch);
  size_t read = 0;
  size_t total = nodes.size();
  auto show = [&](std::string_view) {
    context.show(StrCat("reading ", context.payload, ": ", ++read, " of ", total, " entries"));
  };
  NumberedTree tree = TRY(NumberTree(*source, std::move(nodes), show));
  PackedTree packed;
  format::TableWriter table;
  for (const TreeEntry& entry : tree.entries) {
    table.Add(entry);
    packed.disk_bytes += format::TreeSpec::DiskBytes(entry);
  }
  packed.entries = std::move(tree.entries);
  Bytes table_bytes = std::move(table).Finish();
  // A probe reads it by these rules; what it would refuse is better found here.
  if (auto readable = CheckTable(table_bytes); !readable) {
    faults.push_back({origin.line,
                      StrCat("payload ", context.payload, ": ", readable.error().cause),
                      "correct the source of the payload"});
  }
  PayloadContent& content = packed.content;
  content.note = source->Note();
  content.plain_bytes = table_bytes.size() + tree.content_bytes;
  content.streams.push_back(std::make_unique<format::MemoryStream>(std::move(table_bytes)));
  content.streams.push_back(MakeContentStream(std::move(source), std::move(tree.files)));
  return packed;
}

}  // namespace ignite::packager
