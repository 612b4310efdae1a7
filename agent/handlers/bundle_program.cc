#include "agent/handlers/bundle_program.h"

namespace ignite::handlers {

Result<> RunBundleProgram(Process& process, const Command& command) {
  auto outcome = CheckOutcome(command, TRY(process.Run(command)));
  if (outcome || outcome.error().code == ErrorCode::kCancelled) return outcome;
  return Error{ErrorCode::kRefused, outcome.error().cause, outcome.error().remedy};
}

}  // namespace ignite::handlers
