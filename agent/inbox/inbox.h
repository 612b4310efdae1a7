// The inbox: a folder that belongs to the hostile world. Whoever holds the FTP account may put
// there whatever he likes, at any time, also while we look.
//
// Entries are opened without following links or crossing mounts, regular files only, and never
// mapped. Each pass over the folder is bounded and goes on where the last one stopped, so that no
// crowd of entries hides an upload for ever. Names that do not end in ".ignite" are ignored. The
// files' own times are the client's, so age is measured by the boot clock, since a version was
// first seen. The beginning of each version is read when it is first seen, and once more when it
// has settled, for a file may change without its time: a flood costs no more than that.
#pragma once

#include <dirent.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/c_handle.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite::inbox {

/// Which file a name stands for at one moment: a new upload of the same name is another version.
struct FileVersion {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t changed_ns = 0;  ///< mtime

  bool IsSameFile(const FileVersion& other) const {
    return device == other.device && inode == other.inode;
  }
  auto operator<=>(const FileVersion&) const = default;
};

struct Upload {
  enum class Kind : uint8_t {
    kGrowing,   ///< Shorter than its own HEADER says, too short to say, or still changing.
    kComplete,  ///< As long as it should be, or longer, and unchanged for a while.
    kNoBundle,  ///< Its first bytes, unchanged for a while, are no bundle's.
  };
  std::string name;
  Kind kind = Kind::kGrowing;
  FileVersion version;
  std::optional<uint64_t> expected_size;
  std::string content_id;       ///< Hex, as far as HEADER was there; not verified.
  std::optional<Error> fault;   ///< Why its first bytes are no bundle's, where they are not.
  Clock::Milliseconds idle{0};  ///< Since this version was first seen.
};

/// What one pass saw.
struct Pass {
  std::vector<Upload> uploads;  ///< In the order of their version-like names.
  bool more = false;            ///< The folder has more entries: the next pass goes on.
};

class Inbox {
 public:
  static constexpr size_t kEntriesInPass = 4096;
  static constexpr size_t kCandidatesInPass = 512;
  /// A file of full length may still be in the making by a client that writes out of order.
  static constexpr Clock::Milliseconds kSettled{2'000};

  explicit Inbox(std::string path) : path_(std::move(path)) {}

  Result<Pass> Scan(Clock::Milliseconds now);
  /// One upload; nullopt where the name is gone or no regular file.
  std::optional<Upload> Look(const std::string& name, Clock::Milliseconds now);
  /// For reading; kNotFound where the name is gone or no longer a regular file.
  Result<UniqueFd> Open(const std::string& name) const;
  /// Removes the entry where it is still this file; a newer upload of the same name stays.
  Result<> Remove(const std::string& name, const FileVersion& version) const;
  /// The same, however the file has grown since.
  Result<> RemoveGrown(const std::string& name, const FileVersion& version) const;
  /// nullopt where the name is gone.
  Result<std::optional<FileVersion>> VersionOf(const std::string& name) const;

  const std::string& path() const { return path_; }

 private:
  struct Seen {
    Upload upload;  ///< As it was read.
    Clock::Milliseconds since{0};
    uint64_t round = 0;
  };

  Result<UniqueFd> OpenFolder() const;
  Result<> Unlink(const std::string& name) const;
  void FinishRound();

  std::string path_;
  CHandle<DIR, closedir> cursor_;
  uint64_t round_ = 0;
  std::map<std::string, Seen> seen_;
};

}  // namespace ignite::inbox
