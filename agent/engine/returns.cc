#include "agent/engine/returns.h"

#include "agent/engine/examination.h"
#include "agent/engine/pace.h"
#include "agent/engine/planning.h"
#include "agent/engine/reads.h"
#include "agent/engine/running_system.h"
#include "agent/engine/space.h"
#include "base/str_cat.h"

namespace ignite::engine {
namespace {

/// What all ways back of a probe have in common.
struct Start {
  const DeploymentRecord& current;
  Journal& journal;
  Pace pace;
};

Result<Return> ReturnTo(const Parts& parts, const Start& start, const DeploymentRecord& target) {
  Return found;
  found.deployment = target;
  found.runs_now = target.number == start.current.number;
  if (found.runs_now) return found;
  Plan plan = PlanRollback(start.current, target, parts.handlers, false);
  found.obstacles = TRY(CheckRollback(parts, start.journal, plan));
  found.units = NamesOf(TRY(UnitsOf(plan, parts.handlers, true, true)));
  auto slot = SlotOf(plan, parts.handlers);
  found.reboots = slot && *slot;
  found.steps = TRY(ActivationSteps(plan, parts.handlers));
  found.expected = TRY(ExpectedCourse(plan, start.pace, parts.settings, parts.handlers)).Total();
  return found;
}

}  // namespace

Result<std::vector<CheckResult>> CheckRollback(const Parts& parts, Journal& journal,
                                               const Plan& plan) {
  std::vector<CheckResult> findings;
  uint64_t epoch_floor = TRY(journal.EpochFloor(parts.settings.product));
  if (plan.epoch < epoch_floor) {
    findings.push_back({"epoch", false,
                        StrCat("that deployment is of epoch ", plan.epoch,
                               ", this probe has left it for epoch ", epoch_floor),
                        "return to a deployment of the present epoch: older ones are dangerous"});
  }
  if (CheckResult reads = CheckReads(plan.components); !reads.passed)
    findings.push_back(std::move(reads));
  if (auto wrong = TRY(FindWrongSystem(journal, parts.handlers, parts.boot))) {
    auto slot = SlotOf(plan, parts.handlers);
    bool is_way_out = slot && *slot == wrong->runs;
    if (!is_way_out) findings.push_back({"system", false, wrong->error.cause, wrong->error.remedy});
  }
  for (const Change& change : plan.changes) {
    Handler* handler = parts.handlers.Find(change.any());
    if (handler == nullptr) {
      findings.push_back({"types", false,
                          StrCat("payload type ", change.any().type, " is unknown here"),
                          "update ignite-agent"});
      continue;
    }
    for (CheckResult& finding : TRY(handler->CheckTargets(change)))
      findings.push_back(std::move(finding));
    if (change.to && !TRY(handler->HasRelease(*change.to))) {
      findings.push_back({"targets", false,
                          StrCat("the release ", change.to->release, " of ", change.to->component,
                                 " is gone or lacks files"),
                          "install its bundle again"});
    }
  }
  if (CheckResult space = TRY(CheckSpace(plan, parts.files, parts.handlers)); !space.passed)
    findings.push_back(std::move(space));
  return findings;
}

Result<std::vector<Return>> FindReturns(const Parts& parts) {
  std::vector<Return> returns;
  auto journal = Journal::OpenForReading(parts.paths.Journal());
  if (!journal && journal.error().code == ErrorCode::kNotFound) return returns;
  if (!journal) return std::move(journal).error();
  std::vector<DeploymentRecord> deployments = TRY(journal->Deployments());
  if (deployments.empty()) return returns;
  Start start{deployments.back(), *journal, TRY(MeasurePace(*journal, parts.handlers))};
  for (auto target = deployments.rbegin(); target != deployments.rend(); ++target)
    returns.push_back(TRY(ReturnTo(parts, start, *target)));
  return returns;
}

}  // namespace ignite::engine
