// An archive as plain values, read once from front to back: a tar archive, a zip archive, or the
// files of a Debian package (its data.tar; the control part is left out). What a file is, its
// content says and not its name.
//
// Used by ArchiveSource alone. A Result that fails says in one sentence what is wrong with the
// archive; nothing can be read on then.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace ignite::packager {

struct ArchiveMember {
  enum class Type : uint8_t { kFile, kDirectory, kSymlink, kHardLink, kOther };

  Type type = Type::kOther;
  std::string name;  ///< As it stands in the archive; empty where it is no sound text.
  uint32_t mode = 0;
  FileTime mtime;
  std::string owner;  ///< Empty where the archive has no name.
  std::string group;
  int64_t uid = 0;
  int64_t gid = 0;
  std::string target;                   ///< Of kSymlink and kHardLink.
  std::vector<std::string> attributes;  ///< Names of extended ones, also of an access control list.
  Bytes capabilities;                   ///< The value of security.capability.
  bool is_encrypted = false;
  bool is_locked = false;  ///< Immutable or append-only.
};

class ArchiveReader {
 public:
  /// ustar, pax and GNU tar, plain or compressed by gzip, bzip2, xz, zstd or lz4; zip; and .deb.
  static Result<std::unique_ptr<ArchiveReader>> Open(const std::string& path);
  virtual ~ArchiveReader() = default;

  virtual bool IsDebianPackage() const = 0;
  /// nullopt after the last.
  virtual Result<std::optional<ArchiveMember>> Next() = 0;
  /// Of the bytes of the last member, if it is a file; 0 at their end.
  virtual Result<size_t> Read(std::span<std::byte> buffer) = 0;
};

}  // namespace ignite::packager
