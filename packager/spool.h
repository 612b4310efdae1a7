// A temporary file without a name: it holds what must be read again, and is gone when the program
// ends, however it ends.
//
// Used for the contents of archives, which come in any order, and for file tables that are checked.
#pragma once

#include <memory>

#include "base/file_system.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite::packager {

class Spool {
 public:
  static Result<Spool> Create();

  uint64_t size() const { return size_; }
  Result<> Append(ByteView bytes);
  /// `size` bytes from `offset` on, as a file of their own. The spool must live longer.
  std::unique_ptr<InputFile> Open(uint64_t offset, uint64_t size) const;

 private:
  explicit Spool(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
  uint64_t size_ = 0;
};

}  // namespace ignite::packager
