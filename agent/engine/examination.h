// A bundle held against this probe: what it would change, and every check. Shared by an install and
// by its preview, so that the one refuses what the other foretold.
#pragma once

#include "agent/engine/engine.h"

namespace ignite::engine {

struct Examination {
  Plan plan;
  std::vector<CheckResult> checks;
};

/// `journal` is nullptr on a probe that has none yet. `transaction` names the releases.
Result<Examination> Examine(const Parts& parts, Journal* journal,
                            const format::VerifiedBundle& bundle, int64_t transaction,
                            Origin origin);

/// Signatures first: nothing of the file is believed before they hold. A file of another length
/// than they vouch for is refused here, before anything is unpacked.
Result<format::VerifiedBundle> OpenBundle(const Parts& parts, std::unique_ptr<InputFile> file);

/// Whether the probe runs this very content, undamaged: then an install has nothing to do.
Result<bool> RunsAlready(const Parts& parts, const std::optional<DeploymentRecord>& current,
                         const format::VerifiedBundle& bundle);

/// Nothing was done. `same`: what `current` has in common with what was asked for.
Verdict AlreadyRunning(const DeploymentRecord& current,
                       std::string_view same = "is this very content");
/// What kept the bundle, or this machine, from being judged.
Verdict BecauseOf(const Error& error);
/// All failed checks in one verdict; its reason is the first one's id.
Verdict RefusedByChecks(std::vector<CheckResult> checks);

/// The latest moment that the signers of what comes have named; 0 for none.
Result<int64_t> SignedTime(const Plan& plan, HandlerTable& handlers);

/// What must stop around the changes, each unit once. The sides say whose units: those of the
/// releases that go, and of those that come.
Result<std::vector<Unit>> UnitsOf(const Plan& plan, HandlerTable& handlers, bool old_side,
                                  bool new_side);
/// What the handlers do to activate the changes, in their order; of a type that this agent does not
/// know it tells nothing.
Result<std::vector<std::string>> ActivationSteps(const Plan& plan, HandlerTable& handlers);
/// All units of a deployment.
Result<std::vector<Unit>> UnitsOf(const std::vector<ComponentRecord>& components,
                                  HandlerTable& handlers);

}  // namespace ignite::engine
