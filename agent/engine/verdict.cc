#include "agent/engine/verdict.h"

#include <algorithm>
#include <array>

namespace ignite::engine {
namespace {

constexpr std::array<std::string_view, 5> kBundleReasons = {"signature", "identity", "damaged",
                                                            "short", "format"};

}  // namespace

std::string_view ReasonForBundleError(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUntrusted:
      return "signature";
    case ErrorCode::kNotAddressed:
      return "identity";
    case ErrorCode::kCorrupt:
      return "damaged";
    case ErrorCode::kTruncated:
      return "short";
    case ErrorCode::kUnsupported:
      return "format";
    case ErrorCode::kNoSpace:
      return "space";
    default:
      return "error";
  }
}

bool IsBundleReason(std::string_view reason) {
  return std::find(kBundleReasons.begin(), kBundleReasons.end(), reason) != kBundleReasons.end();
}

int ExitCodeFor(const Verdict& verdict) {
  switch (verdict.state) {
    case State::kCommitted:
      return exit_code::kDone;
    case State::kRefused:
      return IsBundleReason(verdict.reason) ? exit_code::kBadBundle : exit_code::kRefused;
    case State::kRolledBack:
      return exit_code::kRolledBack;
    case State::kStuck:
      return exit_code::kStuck;
    case State::kStaged:
    case State::kRollingBack:
      return exit_code::kWaiting;
    default:
      return exit_code::kFailed;
  }
}

int ExitCodeFor(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return exit_code::kUsage;
    case ErrorCode::kUntrusted:
    case ErrorCode::kNotAddressed:
    case ErrorCode::kCorrupt:
    case ErrorCode::kTruncated:
    case ErrorCode::kUnsupported:
      return exit_code::kBadBundle;
    case ErrorCode::kRefused:
      return exit_code::kRefused;
    case ErrorCode::kBusy:
      return exit_code::kBusy;
    default:
      return exit_code::kFailed;
  }
}

}  // namespace ignite::engine
