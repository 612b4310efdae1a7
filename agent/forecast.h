// What a worker has found of an upload that still comes in, told to the daemon that forked it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite {

/// That it is going to be refused, and why. No verdict: that comes when the upload is whole.
struct Forecast {
  std::string cause;
  std::string remedy;
};

class ForecastPipe {
 public:
  static Result<ForecastPipe> Make();

  /// Once, in the worker; never blocks. What is too long for a status is cut.
  void Send(const Forecast& forecast) const;
  /// Once, in the daemon, when the worker has ended; nullopt where it sent none.
  std::optional<Forecast> Receive() const;

 private:
  ForecastPipe(UniqueFd out, UniqueFd in) : out_(std::move(out)), in_(std::move(in)) {}

  UniqueFd out_;
  UniqueFd in_;
};

}  // namespace ignite
