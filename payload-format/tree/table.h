// The file table of a tree: a binary stream of entries in a fixed order. SPEC.md section 10.
//
// The reader holds one entry at a time, and for a hard link or a copy goes back to the entry it
// names; whatever the number of files, memory stays small. Every rule of the SPEC is checked here,
// once, for packager and agent alike.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "base/result.h"

namespace ignite::format {

inline constexpr size_t kMaxTreePath = 4095;
inline constexpr size_t kMaxTreeName = 255;
inline constexpr int64_t kMaxTreeEntries = int64_t{1} << 20;
inline constexpr uint64_t kMaxTableSize = uint64_t{1} << 30;

enum class EntryType : uint8_t {
  kDirectory = 1,
  kFile = 2,
  kSymlink = 3,
  kHardLink = 4,
  kCopy = 5
};

struct TreeEntry {
  EntryType type = EntryType::kFile;
  uint32_t mode = 0;
  FileTime mtime;
  uint64_t size = 0;     ///< kFile and kCopy: the number of bytes.
  uint32_t earlier = 0;  ///< kHardLink and kCopy: the number of an earlier entry of type kFile.
  Sha256Digest digest;   ///< kFile and kCopy.
  std::string path;      ///< Relative; "" for entry 0, the tree itself.
  std::string target;    ///< kSymlink.
  std::string owner;     ///< Not for kHardLink.
  std::string group;
  Bytes capabilities;  ///< kFile and kCopy: raw security.capability, or empty.

  bool operator==(const TreeEntry&) const = default;

  /// Absolute or escaping link target, setuid or setgid, capabilities: only where the recipe allows
  /// the path.
  std::optional<std::string_view> NeedsPermission() const;
};

/// Parents before children, siblings in byte order: '/' sorts before every other byte.
bool ComesBefore(std::string_view a, std::string_view b);
/// Whether a link at `path` with this target leads out of the tree, judged by the names alone.
bool LinkEscapes(std::string_view path, std::string_view target);
/// A user or group name: 1 to 32 letters, digits, '_', '-', '.' and '$'.
bool IsAccountName(std::string_view name);

/// The table's bytes for entries in their order.
class TableWriter {
 public:
  TableWriter();
  void Add(const TreeEntry& entry);
  Bytes Finish() &&;

 private:
  ByteWriter out_;
  uint32_t count_ = 0;
};

class TableReader {
 public:
  /// Reads and checks the table's head.
  static Result<TableReader> Open(std::unique_ptr<InputFile> file);

  uint32_t entry_count() const { return entry_count_; }
  /// The next entry, nullopt after the last; kCorrupt for anything the SPEC does not allow.
  Result<std::optional<TreeEntry>> Next();
  /// An entry that Next has already given.
  Result<TreeEntry> EntryAt(uint32_t number);

 private:
  explicit TableReader(std::unique_ptr<InputFile> file) : file_(std::move(file)) {}
  Result<> Fill(size_t needed);
  Result<Bytes> Take(size_t count);
  Result<TreeEntry> ParseEntry();
  Result<> CheckPlace(const TreeEntry& entry);
  Result<> CheckReference(const TreeEntry& entry);

  std::unique_ptr<InputFile> file_;
  Bytes buffer_;
  size_t used_ = 0;      ///< Bytes of buffer_ that were taken.
  uint64_t offset_ = 0;  ///< Of the next byte to take, in the file.
  uint32_t entry_count_ = 0;
  std::vector<uint64_t> offsets_;  ///< Of each entry given so far.
  std::vector<std::string>
      open_directories_;  ///< The chain of folders that the last entry stands in or is.
  std::string last_path_;
};

}  // namespace ignite::format
