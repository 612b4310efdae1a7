// How a transaction ended, in the words that the journal, the outbox and the exit codes share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/engine/states.h"
#include "base/error.h"

namespace ignite::engine {

/// One check of this probe, passed or not.
struct CheckResult {
  std::string id;  ///< "product", "counter", "space", ...
  bool passed = true;
  std::string cause;     ///< What was found; also said where it passed.
  std::string remedy;    ///< Empty where it passed.
  bool was_made = true;  ///< Else an error of this machine kept it from being made, the cause.
};

struct Verdict {
  State state = State::kFailed;  ///< A final state; kTrial where the work was interrupted to be
                                 ///< resumed later.
  std::string reason;  ///< A check's id, or another short word: "health", "damaged", "interrupted".
  std::string cause;
  std::string remedy;
  int64_t transaction = 0;  ///< 0 where none was begun.
  int64_t deployment = 0;   ///< What the probe runs now; 0 for none.
  std::vector<CheckResult> checks;
  std::vector<std::string> remarks;  ///< Of the state that it left.
  bool already_running = false;      ///< Nothing was done: this content is what the probe runs.
};

/// The reasons of refusals that concern the bundle itself and not this probe.
std::string_view ReasonForBundleError(ErrorCode code);
bool IsBundleReason(std::string_view reason);

/// The exit codes of `ignite`, design section 9.
namespace exit_code {
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kBadBundle = 3;
inline constexpr int kRefused = 4;
inline constexpr int kRolledBack = 5;
inline constexpr int kStuck = 6;
inline constexpr int kBusy = 7;
inline constexpr int kWaiting = 8;  ///< For a reboot.
}  // namespace exit_code

int ExitCodeFor(const Verdict& verdict);
int ExitCodeFor(const Error& error);

}  // namespace ignite::engine
