// From the nodes of a source to the two streams of a tree: the entries of the file table, and the
// bytes of its files.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packager/tree_source.h"
#include "payload-format/bundle_writer.h"

namespace ignite::packager {

struct NumberedTree {
  std::vector<format::TreeEntry> entries;
  std::vector<TreeNode> files;  ///< Those with bytes in the content stream, in its order.
  uint64_t content_bytes = 0;
};

/// Reads every file once for its digest. Hard links refer to the first of them, files of equal
/// content to the first of those, empty files stand for themselves. A file with hard links is never
/// made a copy, because a link may only refer to an entry with bytes of its own. `show` is told
/// about every file before it is read.
Result<NumberedTree> NumberTree(const TreeSource& source, std::vector<TreeNode> nodes,
                                const std::function<void(std::string_view path)>& show);

/// Gives the bytes of the files one behind the other, and holds each against its digest: a file
/// that changed since it was numbered is an Error that names it. Owns the source.
std::unique_ptr<format::StreamSource> MakeContentStream(std::unique_ptr<TreeSource> source,
                                                        std::vector<TreeNode> files);

}  // namespace ignite::packager
