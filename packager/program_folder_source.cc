#include "packager/program_folder_source.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/file_system.h"
#include "base/str_cat.h"

namespace ignite::packager {
namespace {

using format::EntryType;
using format::ProgramFolder;
using format::TreeEntry;

constexpr size_t kBuffer = size_t{64} * 1024;

bool IsExecutable(const TreeEntry& entry) { return (entry.mode & 0111) != 0; }

/// The regular files right in the folder.
std::vector<const TreeEntry*> FilesOf(const std::vector<TreeNode>& nodes) {
  std::vector<const TreeEntry*> files;
  for (const TreeNode& node : nodes) {
    if (node.entry.type == EntryType::kFile && node.entry.path.find('/') == std::string::npos)
      files.push_back(&node.entry);
  }
  return files;
}

class Inspection {
 public:
  Inspection(const ProgramFolderSource& source, const std::vector<TreeNode>& nodes,
             TreeFaults& faults)
      : source_(source), files_(FilesOf(nodes)), faults_(faults) {}

  std::vector<format::Step> Steps() {
    std::vector<std::string> names;
    for (const TreeEntry* file : files_) names.push_back(file->path);
    std::vector<format::StepFault> found;
    auto steps = format::FindSteps(names, source_.suffixes, found);
    for (const auto& fault : found) faults_.Add(fault.file, fault.what, fault.remedy);
    for (const format::Step& step : steps) {
      for (const std::string& file : {step.up, step.down}) {
        if (!file.empty() && format::IsProgramOfStep(file)) (void)RequireProgram(file);
      }
    }
    return steps;
  }

  std::vector<std::string> Programs() {
    std::vector<std::string> programs;
    for (const std::string& name : source_.required) {
      if (RequireProgram(name)) {
        programs.push_back(name);
      } else {
        faults_.Add(name, "is missing", "add it, as an executable file right in the source");
      }
    }
    for (const std::string& name : source_.optional) {
      if (RequireProgram(name)) programs.push_back(name);
    }
    return programs;
  }

 private:
  /// Whether the file is there. One that cannot be run is a fault.
  bool RequireProgram(const std::string& name) {
    auto found = std::find_if(files_.begin(), files_.end(),
                              [&](const TreeEntry* file) { return file->path == name; });
    if (found == files_.end()) return false;
    if (!IsExecutable(**found)) faults_.Add(name, "is not executable", "make it so with chmod +x");
    return true;
  }

  const ProgramFolderSource& source_;
  std::vector<const TreeEntry*> files_;
  TreeFaults& faults_;
};

Result<std::optional<std::string>> TextOf(const TreeSource& tree,
                                          const std::vector<TreeNode>& nodes,
                                          const std::string& name) {
  auto found = std::find_if(nodes.begin(), nodes.end(),
                            [&](const TreeNode& node) { return node.entry.path == name; });
  if (found == nodes.end() || found->entry.type != EntryType::kFile)
    return std::optional<std::string>();
  auto file = TRY(tree.Open(*found));
  std::string text(static_cast<size_t>(found->entry.size), '\0');
  text.resize(TRY(file->Read(std::as_writable_bytes(std::span(text)))));
  return std::optional(std::move(text));
}

void MakeRoots(std::vector<TreeNode>& nodes, TreeFaults& faults) {
  std::set<size_t> seen;
  for (TreeNode& node : nodes) {
    TreeEntry& entry = node.entry;
    if (auto need = entry.NeedsPermission())
      faults.Add(entry.path, StrCat("has ", *need), "remove it");
    if (entry.type == EntryType::kFile && !seen.insert(node.file).second)
      faults.Add(entry.path, "is a hard link to another file", "make it a copy");
    entry.owner = ProgramFolder::kOwner;
    entry.group = ProgramFolder::kOwner;
    if (entry.type == EntryType::kSymlink) continue;
    bool is_program = entry.type == EntryType::kDirectory || IsExecutable(entry);
    entry.mode = is_program ? ProgramFolder::kProgramMode : ProgramFolder::kFileMode;
  }
}

}  // namespace

Result<PackedPrograms> PackPrograms(const ProgramFolderSource& source,
                                    const CollectContext& context, std::vector<Fault>& faults) {
  auto tree = OpenOrigin(source.origin, context);
  size_t faults_before = faults.size();
  TreeFaults tree_faults(context.payload, source.origin.line);
  std::vector<TreeNode> nodes = TRY(tree->List(tree_faults));
  PackedPrograms packed;
  // In a source that could not be listed at all every file would be missed.
  if (tree_faults.empty() || nodes.size() > 1) {
    Inspection inspection(source, nodes, tree_faults);
    packed.folder.steps = inspection.Steps();
    packed.programs = inspection.Programs();
    auto read = [&](const std::string& name) { return TextOf(*tree, nodes, name); };
    if (source.look) TRY(source.look(packed.folder.steps, read, tree_faults));
  }
  MakeRoots(nodes, tree_faults);
  CheckTreeNodes(nodes, tree_faults);
  tree_faults.AppendTo(faults);
  if (faults.size() != faults_before) return packed;

  PackedTree result =
      TRY(PackTree(std::move(tree), std::move(nodes), source.origin, context, faults));
  packed.folder.entries = result.entries.size();
  packed.folder.bytes = result.disk_bytes;
  packed.content = std::move(result.content);
  packed.content.version = StrCat(format::LastNumber(packed.folder.steps));
  return packed;
}

Result<> UnpackPrograms(const ProgramFolderSource& source, const CollectContext& context,
                        const std::string& folder) {
  auto tree = OpenOrigin(source.origin, context);
  TreeFaults told_before(context.payload, source.origin.line);
  std::vector<TreeNode> nodes = TRY(tree->List(told_before));
  MakeRoots(nodes, told_before);
  auto writer = TRY(MakePosixFileSystem()->CreateTree(folder));
  Bytes buffer(kBuffer);
  for (const TreeNode& node : nodes) {
    const TreeEntry& entry = node.entry;
    FileAttributes attributes;
    attributes.mode = entry.mode;
    attributes.uid = geteuid();
    attributes.gid = getegid();
    if (entry.path.empty()) continue;
    if (entry.type == EntryType::kDirectory) {
      TRY(writer->MakeDirectory(entry.path));
    } else if (entry.type == EntryType::kSymlink) {
      TRY(writer->MakeSymlink(entry.path, entry.target, attributes));
    } else {
      auto file = TRY(tree->Open(node));
      TRY(writer->StartFile(entry.path));
      while (size_t size = TRY(file->Read(buffer)))
        TRY(writer->Write(ByteView(buffer).first(size)));
      TRY(writer->FinishFile(attributes));
    }
  }
  return {};
}

}  // namespace ignite::packager
