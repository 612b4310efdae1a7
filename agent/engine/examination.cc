#include "agent/engine/examination.h"

#include <algorithm>

#include "agent/engine/planning.h"
#include "base/str_cat.h"
#include "base/utf8.h"

namespace ignite::engine {
namespace {

/// Whether what runs is undamaged: if not, the same content may be installed again to mend it.
Result<bool> IsIntact(const Parts& parts, const DeploymentRecord& deployment) {
  for (const ComponentRecord& record : deployment.components) {
    Handler* handler = parts.handlers.Find(record);
    if (handler == nullptr) continue;
    if (!TRY(handler->FindDifferences(record, Handler::Compare::kDamage)).empty()) return false;
  }
  return true;
}

}  // namespace

Result<format::VerifiedBundle> OpenBundle(const Parts& parts, std::unique_ptr<InputFile> file) {
  auto plain = parts.settings.allow_unencrypted ? format::PlainBundles::kAccepted
                                                : format::PlainBundles::kRefused;
  auto bundle =
      TRY(format::VerifiedBundle::Open(std::move(file), parts.keyring, parts.identities, plain));
  TRY(bundle.CheckLength());
  return bundle;
}

Result<bool> RunsAlready(const Parts& parts, const std::optional<DeploymentRecord>& current,
                         const format::VerifiedBundle& bundle) {
  if (!current || current->content_id != bundle.content_id().Hex()) return false;
  return IsIntact(parts, *current);
}

Result<Examination> Examine(const Parts& parts, Journal* journal,
                            const format::VerifiedBundle& bundle, int64_t transaction,
                            Origin origin) {
  std::optional<DeploymentRecord> current;
  if (journal != nullptr) current = TRY(journal->Current());
  Examination found;
  found.plan = PlanInstall(bundle, current, parts.handlers, transaction);
  const Plan& plan = found.plan;
  PolicyFacts facts{.settings = parts.settings,
                    .manifest = bundle.manifest(),
                    .plan = plan,
                    .current = current,
                    .origin = origin,
                    .files = parts.files,
                    .handlers = parts.handlers,
                    .health = parts.health};
  if (journal != nullptr) {
    facts.counter_floor = TRY(journal->CounterFloor(plan.product, plan.kind));
    facts.epoch_floor = TRY(journal->EpochFloor(plan.product));
    facts.held = TRY(journal->IsHeld(plan.content_id));
    facts.holds_all = TRY(journal->IsHeld(Journal::kEverything));
    facts.wrong_system = TRY(FindWrongSystem(*journal, parts.handlers, parts.boot));
  }
  found.checks = RunChecks(facts);
  return found;
}

Verdict AlreadyRunning(const DeploymentRecord& current, std::string_view same) {
  Verdict verdict;
  verdict.state = State::kCommitted;
  verdict.already_running = true;
  verdict.deployment = current.number;
  verdict.reason = "already-running";
  verdict.cause = StrCat("deployment ", current.number, " ", same, ": nothing was done");
  return verdict;
}

Verdict BecauseOf(const Error& error) {
  Verdict why;
  why.reason = ReasonForBundleError(error.code);
  why.cause = PrintableLines(error.cause);
  why.remedy = error.remedy;
  return why;
}

Verdict RefusedByChecks(std::vector<CheckResult> checks) {
  Verdict why;
  why.reason = FirstFailure(checks)->id;
  for (const CheckResult& check : checks) {
    if (check.passed) continue;
    why.cause += StrCat(why.cause.empty() ? "" : "; ", check.cause);
    why.remedy += StrCat(why.remedy.empty() ? "" : "; ", check.remedy);
  }
  why.checks = std::move(checks);
  return why;
}

Result<int64_t> SignedTime(const Plan& plan, HandlerTable& handlers) {
  int64_t latest = 0;
  for (const Change& change : plan.changes) {
    if (change.to)
      latest = std::max(latest, TRY(handlers.Find(*change.to)->SignedTime(*change.to)));
  }
  return latest;
}

Result<std::vector<Unit>> UnitsOf(const Plan& plan, HandlerTable& handlers, bool old_side,
                                  bool new_side) {
  std::vector<ComponentRecord> components;
  for (const Change& change : plan.changes) {
    if (old_side && change.from) components.push_back(*change.from);
    if (new_side && change.to) components.push_back(*change.to);
  }
  return UnitsOf(components, handlers);
}

Result<std::vector<std::string>> ActivationSteps(const Plan& plan, HandlerTable& handlers) {
  std::vector<std::string> steps;
  for (const Change& change : plan.changes) {
    const Handler* handler = handlers.Find(change.any());
    if (handler == nullptr) continue;
    for (std::string& step : TRY(handler->ActivationSteps(change)))
      steps.push_back(std::move(step));
  }
  return steps;
}

Result<std::vector<Unit>> UnitsOf(const std::vector<ComponentRecord>& components,
                                  HandlerTable& handlers) {
  std::vector<Unit> units;
  for (const ComponentRecord& record : components) {
    Handler* handler = handlers.Find(record);
    if (handler == nullptr) continue;
    for (Unit& unit : TRY(handler->Units(record))) {
      bool known = std::any_of(units.begin(), units.end(),
                               [&](const Unit& other) { return other.name == unit.name; });
      if (!known) units.push_back(std::move(unit));
    }
  }
  return units;
}

}  // namespace ignite::engine
