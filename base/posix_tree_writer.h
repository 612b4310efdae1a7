// The TreeWriter on a real disk. Every path is resolved by openat2(2) beneath the tree and without
// symbolic links, so a hostile tree cannot make the writer leave its folder. Zero bytes become
// holes.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/unique_fd.h"

namespace ignite {

class PosixTreeWriter : public TreeWriter {
 public:
  static Result<std::unique_ptr<TreeWriter>> Create(const std::string& path);
  /// In a folder that is there.
  static Result<std::unique_ptr<TreeWriter>> Open(const std::string& path);

  Result<> MakeDirectory(std::string_view path) override;
  Result<> StartFile(std::string_view path) override;
  Result<> Write(ByteView bytes) override;
  Result<> FinishFile(const FileAttributes& attributes) override;
  Result<> CopyFile(std::string_view path, std::string_view source,
                    const FileAttributes& attributes) override;
  Result<> MakeHardLink(std::string_view path, std::string_view target) override;
  Result<> MakeSymlink(std::string_view path, std::string_view target,
                       const FileAttributes& attributes) override;
  Result<> SetDirectoryAttributes(std::string_view path, const FileAttributes& attributes) override;

 private:
  /// The folder that holds an entry, and the entry's name in it.
  struct Place {
    int folder;
    std::string name;
  };

  PosixTreeWriter(UniqueFd root, std::string where)
      : root_(std::move(root)), where_(std::move(where)) {}
  Result<UniqueFd> OpenBeneath(const std::string& path, uint64_t flags, uint64_t mode = 0);
  Result<Place> Locate(std::string_view path);
  Result<> ApplyAttributes(int fd, const FileAttributes& attributes, std::string_view path);
  Error Failed(std::string_view doing, std::string_view path) const;

  UniqueFd root_;
  std::string where_;
  std::string
      parent_path_;  ///< The folder that `parent_` is open on: entries come folder by folder.
  UniqueFd parent_;
  UniqueFd file_;
  std::string file_path_;
  uint64_t file_size_ = 0;
};

}  // namespace ignite
