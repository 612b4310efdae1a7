// Whether the operating system runs that the deployment was committed with. Another one does where
// somebody chose the other slot at boot, or where the boot loader lost what it knew: then nothing
// of the product may run, and nothing may begin, before the right one does.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/journal.h"

namespace ignite::engine {

struct WrongSystem {
  Slot runs = Slot::kA;
  Error error;  ///< For a person: what runs, and the way back.

  Slot wanted() const { return OtherThan(runs); }
};

/// The slot that must run for the plan; nullopt where it leaves the operating system as it is.
/// kNotFound where that which it returns to is in neither slot.
Result<std::optional<Slot>> SlotOf(const Plan& plan, HandlerTable& handlers);

/// nullopt where the right one runs, where that cannot be told, and where the transaction under way
/// changes it and sees to it by itself. `deployments`: oldest first, the last one is active.
std::optional<WrongSystem> FindWrongSystem(const std::vector<DeploymentRecord>& deployments,
                                           const std::optional<TransactionRecord>& unfinished,
                                           HandlerTable& handlers, Boot& boot);
/// Those whose operating system is in neither slot any more, so that there is no return to them.
/// Empty where the boot loader does not answer.
std::vector<int64_t> DeploymentsWithoutSystem(const std::vector<DeploymentRecord>& deployments,
                                              HandlerTable& handlers, Boot& boot);
/// Of the journal.
Result<std::optional<WrongSystem>> FindWrongSystem(Journal& journal, HandlerTable& handlers,
                                                   Boot& boot);

}  // namespace ignite::engine
