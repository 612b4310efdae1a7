// Unpacks the two streams of a tree into a new release: the file table to the probe's state, then,
// entry by entry as the table tells, the content to the release's folder.
#pragma once

#include <memory>

#include "agent/engine/handler.h"
#include "agent/handlers/accounts.h"
#include "agent/handlers/space_reserve.h"
#include "base/file_system.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_rules.h"

namespace ignite::handlers {

class TreeStaging : public engine::Staging {
 public:
  /// What a table entry takes on disk besides its names, rounded well up.
  static constexpr uint64_t kTableBytesPerEntry = 256;

  enum class Folder : uint8_t {
    kNew,      ///< It does not exist yet.
    kEmptied,  ///< It does, and what is in it is given up.
  };
  struct Target {
    std::string release;  ///< Host path of the release's folder.
    std::string table;    ///< Host path of its file table.
    Folder folder = Folder::kNew;
  };

  TreeStaging(FileSystem& files, Accounts accounts, std::unique_ptr<format::TreeRules> rules,
              Target target, SpaceReserve reserve)
      : files_(files),
        accounts_(std::move(accounts)),
        rules_(std::move(rules)),
        target_(std::move(target)),
        reserve_(std::move(reserve)) {}

  Result<> BeginStream(size_t stream) override;
  Result<> Write(ByteView plain) override;
  Result<> EndStream() override;
  Result<> Finish() override;

 private:
  Result<> OpenTable();
  /// Makes every entry up to the next file that waits for bytes.
  Result<> Advance();
  Result<> CheckComplete() const;
  Result<> MakeEntry(const format::TreeEntry& entry, uint32_t number);
  Result<> FinishFile();
  Result<FileAttributes> AttributesOf(const format::TreeEntry& entry) const;
  Result<> SetDirectoryAttributes();

  FileSystem& files_;
  Accounts accounts_;
  std::unique_ptr<format::TreeRules> rules_;
  Target target_;
  SpaceReserve reserve_;

  size_t stream_ = 0;
  std::unique_ptr<OutputFile> table_file_;
  std::optional<format::TableReader> table_;
  std::unique_ptr<TreeWriter> tree_;
  uint32_t next_entry_ = 0;
  std::vector<uint32_t> directories_;
  std::optional<format::TreeEntry> file_;  ///< The file that the next bytes belong to.
  uint64_t file_left_ = 0;
  format::Sha256Hasher file_digest_;
};

}  // namespace ignite::handlers
