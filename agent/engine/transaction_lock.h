// One transaction at a time on a probe: a kernel lock that ends with the process that holds it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite::engine {

class TransactionLock {
 public:
  /// kBusy, with the holder's own words, where another process has it. Waits no longer than readers
  /// take to look.
  static Result<TransactionLock> Take(const std::string& path, std::string_view purpose);
  /// That no process has it, for readers: has the lock for a moment, writes nothing. False also
  /// where it cannot be told.
  static bool IsFree(const std::string& path);

 private:
  explicit TransactionLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ignite::engine
