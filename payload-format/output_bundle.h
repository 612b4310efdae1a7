// A bundle file in the making: the payload first, then the members in front of it, which name its
// digests, and at last the file's name.
//
// Used by whatever writes a bundle. What is left unfinished is removed again.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "payload-format/container/header.h"
#include "payload-format/unfinished_file.h"

namespace ignite::format {

/// What stands in front of the payload, as it is stored.
struct FrontMembers {
  Bytes header;
  Bytes signatures;
  Bytes recipients;  ///< Empty in a plain bundle.
  Bytes manifest;
  Bytes index;
};

/// A bundle in the making has its later name and this.
inline constexpr std::string_view kUnfinishedSuffix = ".part";

class OutputBundle {
 public:
  /// The file will replace `path` and take over the permissions of one that is there. The sizes of
  /// HEADER's members must be known; `recipients_size` is 0 in a plain bundle. kBusy where another
  /// program is writing the same bundle.
  static Result<OutputBundle> Create(const std::string& path, const Header& header,
                                     size_t signature_count, size_t recipients_size);
  OutputBundle(OutputBundle&&) = default;
  OutputBundle& operator=(OutputBundle&&) = delete;

  /// The next stored bytes of the payload.
  Result<> Append(ByteView stored);
  uint64_t payload_size() const { return payload_size_; }

  /// Makes the file complete, durable and visible, and gives its length. An Error leaves the file
  /// that was there before; only where the folder could not be synced is the new one in its place.
  Result<uint64_t> Finish(const FrontMembers& front);

 private:
  OutputBundle(UniqueFd fd, std::string path, std::unique_ptr<UnfinishedFile> unfinished,
               uint64_t front_length)
      : fd_(std::move(fd)),
        path_(std::move(path)),
        unfinished_(std::move(unfinished)),
        front_length_(front_length) {}
  Result<> WriteAt(uint64_t offset, ByteView bytes);
  uint64_t MemberOffset(uint64_t number) const;

  UniqueFd fd_;
  std::string path_;
  std::unique_ptr<UnfinishedFile> unfinished_;
  uint64_t front_length_;
  uint64_t payload_size_ = 0;
};

}  // namespace ignite::format
