// What a test says of a Result: Must(f()) takes the value, and the matchers name the outcome.
//
//   EXPECT_THAT(Keyring::Parse("{}"), FailsWith(ErrorCode::kInvalidArgument));
#pragma once

#include <gmock/gmock.h>

#include <ostream>
#include <stdexcept>

#include "base/result.h"

namespace ignite {

template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  if (result.has_value()) {
    *out << "a value";
  } else {
    *out << ErrorCodeName(result.error().code) << ": " << result.error().ToString();
  }
}

namespace fakes {

/// The value. An Error ends the test with its text: GoogleTest reports the exception and goes on
/// with the next test.
template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error("Must: " + result.error().ToString());
  return *std::move(result);
}

MATCHER(Succeeds, "is a value") {
  (void)result_listener;
  return arg.has_value();
}

MATCHER_P(FailsWith, code, "is an Error of code " + std::string(ErrorCodeName(code))) {
  (void)result_listener;
  return !arg.has_value() && arg.error().code == code;
}

/// Also demands that the cause holds `text`.
MATCHER_P2(FailsWith, code, text,
           "is an Error of code " + std::string(ErrorCodeName(code)) + " about '" + text + "'") {
  (void)result_listener;
  return !arg.has_value() && arg.error().code == code &&
         arg.error().cause.find(text) != std::string::npos;
}

}  // namespace fakes
}  // namespace ignite
