// A disk in memory that knows what would survive a power cut.
//
// Every change is seen at once and is pending until it is synced: the bytes and attributes of a
// file by a sync of the file, the names in a folder by a sync of the folder, everything by SyncAll.
// A power cut keeps what was synced; of what is pending it keeps all, nothing, or by chance some:
// the names of each folder in their order up to one of them, the writes of a file in any choice,
// and some of those only in part. It grants nothing more than the contract of base/file_system.h.
//
// Calls give 0 or an errno.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "tests/fakes/random.h"

namespace ignite::fakes {

class MemoryDisk {
 public:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodePtr, std::less<>>;

  struct Node {
    FileInfo::Type type = FileInfo::Type::kFile;
    uint64_t number = 0;
    FileAttributes attributes;
    std::string target;  ///< Of a symbolic link.
    Bytes content;       ///< Of a file.
    Names names;         ///< Of a folder.

   private:
    friend class MemoryDisk;
    /// Bytes at a place, or a new length where there are none.
    struct Write {
      uint64_t offset = 0;
      Bytes bytes;
      bool is_length = false;
    };
    /// A name that was given, or taken away where there is no node.
    struct Naming {
      std::string name;
      NodePtr node;
      bool with_next = false;  ///< Both or none: the two halves of a rename.
    };
    FileAttributes durable_attributes;
    Bytes durable_content;
    Names durable_names;
    std::vector<Write> pending_writes;
    std::vector<Naming> pending_names;
    bool is_listed = false;
    bool has_lost = false;  ///< By a sync that failed: a later one does not bring it back.
  };

  enum class Follow : uint8_t { kNotTheLast, kAll };
  struct Found {
    int error = 0;     ///< ENOENT also where only the last name is missing.
    NodePtr folder;    ///< nullptr where the path leads nowhere before its last name.
    std::string name;  ///< In the folder.
    NodePtr node;      ///< nullptr where nothing is there.
    std::string real;  ///< The path without links.
  };

  MemoryDisk();

  Found Find(std::string_view path, Follow follow) const;
  /// The folder must exist, the name must not.
  int Create(const std::string& path, FileInfo::Type type, uint32_t mode, NodePtr* made = nullptr);
  int Symlink(const std::string& target, const std::string& path);
  int Link(const NodePtr& node, const std::string& path);
  /// A file or link; EISDIR for a folder.
  int Unlink(const std::string& path);
  int RemoveFolder(const std::string& path);
  int Rename(const std::string& from, const std::string& to);
  void Write(const NodePtr& file, uint64_t offset, ByteView bytes);
  void Resize(const NodePtr& file, uint64_t size);
  void SetAttributes(const NodePtr& node, const FileAttributes& attributes);

  void Sync(const NodePtr& node);
  void SyncAll();
  /// A sync that failed: the kernel believes the bytes clean, and they are never written.
  void Lose(const NodePtr& file);
  void LoseAll();

  enum class Cut : uint8_t { kKeepsAll, kKeepsNothing, kKeepsSome };
  void CutPower(Cut how, Random& random);

 private:
  static void Apply(Bytes& content, const Node::Write& write, size_t length);
  static void Apply(Names& names, const Node::Naming& naming);
  void SetName(const NodePtr& folder, const std::string& name, NodePtr node,
               bool with_next = false);
  void List(const NodePtr& node);

  NodePtr root_;
  std::vector<NodePtr> listed_;  ///< All that may have something pending.
  uint64_t next_number_ = 1;
};

}  // namespace ignite::fakes
