// What all payload types share that carry a folder: its source in the recipe, and how that becomes
// the two streams of a tree.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "packager/payload_type.h"
#include "packager/tree_source.h"

namespace ignite::packager {

/// The value of `source`: a folder or an archive.
struct TreeOrigin {
  std::string path;
  bool is_directory = false;
  int line = 0;  ///< Of the recipe.
};

TreeOrigin ReadTreeOrigin(RecipeSection& section, const std::string& folder,
                          std::string_view example);
/// The value of `path`, where the component lives on the probe; empty after a fault.
std::string ReadProbePath(RecipeSection& section, std::string_view example);
std::unique_ptr<TreeSource> OpenOrigin(const TreeOrigin& origin, const CollectContext& context);

/// Finds what no tree can have, whatever its type.
void CheckTreeNodes(const std::vector<TreeNode>& nodes, TreeFaults& faults);

struct PackedTree {
  std::vector<format::TreeEntry> entries;
  uint64_t disk_bytes = 0;
  PayloadContent content;  ///< Without the spec.
};

/// Reads every file once, for its digest. No time is later than the context says. A table that a
/// probe would refuse is a fault at the origin's line.
Result<PackedTree> PackTree(std::unique_ptr<TreeSource> source, std::vector<TreeNode> nodes,
                            const TreeOrigin& origin, const CollectContext& context,
                            std::vector<Fault>& faults);

}  // namespace ignite::packager
