// Decides what a transaction will do, before anything is written: pure functions from what runs and
// what is wanted.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/journal.h"
#include "agent/engine/plan.h"
#include "agent/engine/settings.h"
#include "payload-format/verified_bundle.h"

namespace ignite::engine {

/// Of a component that the bundle brings in two forms: how this probe takes it and why; nullopt for
/// any other, and where the probe takes neither.
std::optional<std::string> FormTaken(const format::Manifest& manifest, std::string_view component,
                                     HandlerTable& handlers);

/// The payloads of the bundle replace the components of the same names; all others stay as they
/// are. Of two forms it is the one that is taken, or the first, for the checks to refuse. Their
/// handlers say in what order; a type without one, which the checks refuse, comes last.
/// Releases are named after the version and the transaction, so that no two are ever the same.
Plan PlanInstall(const format::VerifiedBundle& bundle,
                 const std::optional<DeploymentRecord>& current, HandlerTable& handlers,
                 int64_t transaction);

/// The transaction that brought the release; 0 where its name does not tell.
int64_t TransactionOf(const ComponentRecord& record);

/// Deployment 1 with the adopted trees; Survey tells the spec of each.
Result<Plan> PlanAdoption(const Adoption& adoption, const Settings& settings,
                          HandlerTable& handlers, int64_t transaction);

/// A new deployment with the components and checks of `target`. `restores_data` as in Change.
Plan PlanRollback(const DeploymentRecord& current, const DeploymentRecord& target,
                  HandlerTable& handlers, bool restores_data);

}  // namespace ignite::engine
