// A fuzz target: a function that takes hostile bytes and ends the process where the code under test
// breaks a promise. tests/CMakeLists.txt makes a libFuzzer program of each, and of all together one
// that replays the corpora in every test run.
//
//   const Target kHeader{"header", [](ByteView input) { ... }};
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ignite::fuzz {

class Target {
 public:
  using Function = void (*)(ByteView input);

  /// Adds it to the targets of this program. `name` is that of its source and of its corpus.
  Target(std::string_view name, Function run);

  std::string_view name() const { return name_; }
  void Run(ByteView input) const { run_(input); }

 private:
  std::string_view name_;
  Function run_;
};

/// A function of a file is no place for what other files make before main() begins.
const std::vector<const Target*>& Targets();

/// Ends the process with the sentence where the promise is broken.
void Promise(bool holds, std::string_view sentence);

/// The value, where the code under test has promised one.
template <class T>
T Promised(Result<T> result, std::string_view sentence) {
  if (!result) Promise(false, std::string(sentence) + ": " + result.error().ToString());
  return *std::move(result);
}

/// Promises what every Error has: a cause, and an end of the line for a log where it is one.
template <class T>
void PromiseGoodError(const Result<T>& result) {
  if (result) return;
  Promise(!result.error().cause.empty(), "an error has a cause");
  Promise(result.error().code != ErrorCode::kInternal, "no input is a bug of ours");
}

}  // namespace ignite::fuzz
