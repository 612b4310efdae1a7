// What went wrong, in the words that every layer shares.
//
// An Error is a value: library code returns it (see result.h) and never logs it; the mains print it
// once. `cause` says what was found, `remedy` what the reader can do about it; both are whole
// sentences for a person without the source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ignite {

/// Chosen by what a caller does differently, not by where it happened. The exit codes of the
/// programs follow from it.
enum class ErrorCode : uint8_t {
  kInvalidArgument,  ///< The command line, a recipe or a configuration file is wrong.
  kUntrusted,        ///< Signatures are missing, wrong, or do not reach the thresholds.
  kNotAddressed,  ///< The bundle is not encrypted to any identity of this probe, or not encrypted
                  ///< at all.
  kCorrupt,       ///< Bytes are not what was signed, or no bundle at all.
  kTruncated,     ///< Bytes are missing at the end: an upload that is not complete.
  kUnsupported,   ///< Well formed, but of a version or type that this program does not know.
  kRefused,       ///< A policy check of this probe says no.
  kNoSpace,       ///< A file system is full.
  kBusy,          ///< Another transaction holds the lock.
  kNotFound,      ///< The named thing does not exist.
  kIo,            ///< The kernel, a disk or a child process failed.
  kCancelled,     ///< Someone asked to stop.
  kInternal,      ///< A broken promise inside the program: a bug.
};

/// A stable lower-case word for the code, used in JSON and in tests: "corrupt", "no-space".
std::string_view ErrorCodeName(ErrorCode code);
/// nullopt for a name that ErrorCodeName does not give.
std::optional<ErrorCode> ParseErrorCode(std::string_view name);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string cause;
  std::string remedy;

  /// Puts what was being done in front of the cause: "staging 'web': cannot write ...".
  Error With(std::string_view context) &&;
  /// Replaces the remedy: a caller nearer to the user often knows a better one.
  Error WithRemedy(std::string_view better) &&;
  /// "cause (remedy)" on one line.
  std::string ToString() const;
};

/// The error of a failed system call: errno picks kNoSpace, kNotFound or kIo and the remedy.
Error SystemError(std::string_view doing, int error_number);

}  // namespace ignite
