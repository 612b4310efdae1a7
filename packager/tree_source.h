// Where the files of a tree come from: a folder of this machine, or an archive.
//
// Both give the same nodes for the same files, so that it makes no difference to the content id.
// What a tree cannot hold (device nodes, FIFOs, sockets, names over 255 bytes, hard links to files
// outside an archive, access control lists, extended attributes, immutable files) is refused by
// name. What the build machine's file system and SELinux policy put on every file is not taken.
//
// Owner and group go by name. A folder's files that belong to no system account (uid or gid from
// 1000 on, or without a name on this machine) become root's, because a release is usually built by
// some build user; an archive's names are taken as they stand, an empty one being root.
//
// An operating system has accounts of its own: its owners and groups are the ids that the source
// has, as they stand. Device nodes and the like below its dev/ are left out, for whoever boots a
// system mounts a /dev over them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/ini.h"
#include "base/result.h"
#include "payload-format/tree/table.h"

namespace ignite::packager {

/// What is wrong with a tree, by path. Beyond a screen of faults only their number is kept.
class TreeFaults {
 public:
  TreeFaults(std::string payload, int line) : payload_(std::move(payload)), line_(line) {}

  void Add(std::string_view path, std::string_view what, std::string_view remedy);
  bool empty() const { return count_ == 0; }
  void AppendTo(std::vector<Fault>& faults) const;

 private:
  std::string payload_;
  int line_;  ///< Of the recipe's `source`.
  size_t count_ = 0;
  std::vector<Fault> first_;
};

struct TreeNode {
  /// kDirectory, kFile or kSymlink, without digest; the size as it was found.
  format::TreeEntry entry;
  /// Of a file: nodes with the same number are hard links to one file.
  size_t file = 0;
};

/// What a source is read as.
enum class TreeOf : uint8_t { kApplication, kSystem };
/// The operating system's, or that of any other component.
TreeOf TreeOfComponent(std::string_view component);

class TreeSource {
 public:
  virtual ~TreeSource() = default;
  /// Every node, parents before children, as format::ComesBefore orders them; the first is the tree
  /// itself. Called once.
  virtual Result<std::vector<TreeNode>> List(TreeFaults& faults) = 0;
  /// The bytes of a file, as often as wanted. The source must live longer.
  virtual Result<std::unique_ptr<InputFile>> Open(const TreeNode& node) const = 0;
  /// What whoever builds must know of a source that was listed; empty for nothing.
  virtual std::string Note() const { return {}; }
};

std::unique_ptr<TreeSource> MakeDirectorySource(const std::string& path, TreeOf tree);
/// Of what ArchiveReader reads. Entries may come in any order, each path once; of a folder that
/// comes several times the last counts. Folders that the archive does not list are root's, mode
/// 0755, with the time `time_of_missing`.
std::unique_ptr<TreeSource> MakeArchiveSource(const std::string& path, TreeOf tree,
                                              int64_t time_of_missing);

// For both sources.

/// What a system may have and a tree cannot: devices, FIFOs and sockets of its dev/.
class LeftOut {
 public:
  /// Whether it is one of these.
  bool Take(TreeOf tree, std::string_view path);
  /// Empty where there was none.
  std::string Note() const;

 private:
  size_t count_ = 0;
};

/// Records a fault and gives false for a path that no tree can have.
bool CheckTreePath(const std::string& path, TreeFaults& faults);
/// Whether the extended attributes of these names have capabilities, which go into the entry. A
/// fault for those that would be lost.
bool TakesCapabilities(const format::TreeEntry& entry, const std::vector<std::string>& attributes,
                       TreeFaults& faults);
void RefuseLocked(std::string_view path, TreeFaults& faults);
void SortNodes(std::vector<TreeNode>& nodes);

}  // namespace ignite::packager
