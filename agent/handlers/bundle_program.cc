#include "agent/handlers/bundle_program.h"

#include "base/str_cat.h"

namespace ignite::handlers {

Result<> RunBundleProgram(Process& process, const Command& command) {
  auto ran = process.Run(command);
  // It was staged whole: what is missing is what it is written for.
  if (!ran && ran.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kRefused,
                 StrCat(ran.error().cause, ": this probe lacks what its first line names"),
                 "write it for what every probe of the product has"};
  }
  auto outcome = CheckOutcome(command, TRY(std::move(ran)));
  if (outcome || outcome.error().code == ErrorCode::kCancelled) return outcome;
  return Error{ErrorCode::kRefused, outcome.error().cause, outcome.error().remedy};
}

}  // namespace ignite::handlers
