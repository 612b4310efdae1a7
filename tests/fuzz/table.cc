// The file table of a tree: whatever the reader lets pass is a tree, and the writer writes the same
// table again.

#include "payload-format/tree/table.h"

#include <algorithm>
#include <map>
#include <vector>

#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/memory_file.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using format::EntryType;
using format::TreeEntry;

/// By its parts alone and in another way than the reader's: never above the top of the tree.
bool StaysInTree(std::string_view path) {
  for (std::string rest(path); !rest.empty();) {
    size_t slash = rest.find('/');
    std::string part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
      return false;
    rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
    if (slash != std::string::npos && rest.empty()) return false;
  }
  return true;
}

void PromiseTree(const std::vector<TreeEntry>& entries) {
  std::map<std::string, EntryType> seen;
  for (const TreeEntry& entry : entries) {
    const std::string& path = entry.path;
    Promise(path.empty() == seen.empty(), "the first entry alone is the tree itself");
    Promise(StaysInTree(path), "a path stays in the tree");
    Promise(path.empty() ||
                (format::IsTreePath(path) &&
                 format::IsProbePath("/" + path) == format::IsProbePath("/a/" + path)) ||
                path.size() > format::kMaxTreePath - 2,
            "a path is a tree path");
    if (!path.empty()) {
      size_t slash = path.rfind('/');
      auto parent = seen.find(slash == std::string::npos ? "" : path.substr(0, slash));
      Promise(parent != seen.end() && parent->second == EntryType::kDirectory,
              "an entry stands in a folder that came before it");
    }
    if (entry.type == EntryType::kHardLink || entry.type == EntryType::kCopy) {
      Promise(entry.earlier < seen.size() && entries[entry.earlier].type == EntryType::kFile,
              "a reference names an earlier file");
    }
    if (entry.type == EntryType::kCopy) {
      Promise(entry.digest == entries[entry.earlier].digest, "a copy is that of its file");
    }
    Promise(seen.emplace(path, entry.type).second, "no path comes twice");
    if (entry.type == EntryType::kSymlink && !entry.NeedsPermission())
      Promise(entry.target[0] != '/', "a link without permission is relative");
  }
}

const Target kTable{
    "table", [](ByteView input) {
      auto reader = format::TableReader::Open(fakes::MakeMemoryFile(input));
      PromiseGoodError(reader);
      if (!reader) return;
      std::vector<TreeEntry> entries;
      while (true) {
        auto entry = reader->Next();
        PromiseGoodError(entry);
        if (!entry) return;
        if (!*entry) break;
        entries.push_back(**std::move(entry));
      }
      Promise(entries.size() == reader->entry_count(), "a table has the entries that it claims");
      PromiseTree(entries);
      format::TableWriter writer;
      for (uint32_t number = 0; number < entries.size(); ++number) {
        Promise(Promised(reader->EntryAt(number), "an entry can be read again") == entries[number],
                "an entry is the same when it is read again");
        writer.Add(entries[number]);
      }
      Bytes written = std::move(writer).Finish();
      Promise(std::equal(written.begin(), written.end(), input.begin(), input.end()),
              "a tree has one table");
    }};

}  // namespace
}  // namespace ignite::fuzz
