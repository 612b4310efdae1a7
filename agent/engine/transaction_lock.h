// One transaction at a time on a probe: a kernel lock that ends with the process that holds it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite::engine {

class TransactionLock {
 public:
  /// kBusy, with the holder's own words, where another process has it. Does not wait.
  static Result<TransactionLock> Take(const std::string& path, std::string_view purpose);

 private:
  explicit TransactionLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ignite::engine
