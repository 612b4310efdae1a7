#include "agent/engine/running_system.h"

#include "agent/engine/planning.h"
#include "base/str_cat.h"

namespace ignite::engine {
namespace {

/// The slot of all that a deployment has.
Result<std::optional<Slot>> SlotOf(const DeploymentRecord& deployment, HandlerTable& handlers) {
  Plan plan;
  plan.action = Action::kRollback;
  for (const ComponentRecord& record : deployment.components)
    plan.changes.push_back({std::nullopt, record});
  return SlotOf(plan, handlers);
}

/// The newest deployment below the active one whose system is in `slot`; 0 for none.
int64_t DeploymentOf(Slot slot, const std::vector<DeploymentRecord>& deployments,
                     HandlerTable& handlers) {
  for (auto earlier = deployments.rbegin() + 1; earlier != deployments.rend(); ++earlier) {
    auto needed = SlotOf(PlanRollback(deployments.back(), *earlier, handlers, false), handlers);
    if (needed && *needed == slot) return earlier->number;
  }
  return 0;
}

Error Explain(int64_t active, int64_t of_system, Slot runs, Boot& boot) {
  Slot wanted = OtherThan(runs);
  Error error{ErrorCode::kRefused,
              StrCat("slot ", SlotName(runs), " runs, and not slot ", SlotName(wanted),
                     ", which has the operating system of deployment ", active,
                     ": no application starts on the wrong one"),
              ""};
  auto next = boot.Next();
  bool comes_next = next && *next == wanted;
  error.remedy = StrCat("reboot this probe",
                        comes_next ? StrCat(": the next boot enters slot ", SlotName(wanted))
                                   : StrCat(" into slot ", SlotName(wanted)));
  error.remedy += StrCat(
      "; where that does not come up, ",
      of_system != 0
          ? StrCat("'ignite rollback --to ", of_system, "' returns to the deployment of what runs")
          : std::string("'ignite install' a bundle that brings an operating system"));
  return error;
}

}  // namespace

Result<std::optional<Slot>> SlotOf(const Plan& plan, HandlerTable& handlers) {
  for (const Change& change : plan.changes) {
    const Handler* handler = handlers.Find(change.any());
    if (handler == nullptr) continue;
    if (auto slot = TRY(handler->SlotFor(change, plan.action))) return slot;
  }
  return std::optional<Slot>();
}

std::optional<WrongSystem> FindWrongSystem(const std::vector<DeploymentRecord>& deployments,
                                           const std::optional<TransactionRecord>& unfinished,
                                           HandlerTable& handlers, Boot& boot) {
  bool changes_it = unfinished && unfinished->plan && unfinished->plan->slot;
  if (deployments.empty() || changes_it) return std::nullopt;
  auto booted = boot.Booted();
  if (!booted) return std::nullopt;
  auto own = SlotOf(deployments.back(), handlers);
  if (!own || *own == *booted) return std::nullopt;
  int64_t of_system = DeploymentOf(*booted, deployments, handlers);
  // One without an operating system of ignite's runs on any but those of other deployments.
  if (!*own && of_system == 0) return std::nullopt;
  return WrongSystem{*booted, Explain(deployments.back().number, of_system, *booted, boot)};
}

std::vector<int64_t> DeploymentsWithoutSystem(const std::vector<DeploymentRecord>& deployments,
                                              HandlerTable& handlers, Boot& boot) {
  std::vector<int64_t> numbers;
  if (!boot.Booted()) return numbers;
  for (size_t i = 0; i + 1 < deployments.size(); ++i) {
    auto slot = SlotOf(PlanRollback(deployments.back(), deployments[i], handlers, false), handlers);
    if (!slot && slot.error().code == ErrorCode::kNotFound)
      numbers.push_back(deployments[i].number);
  }
  return numbers;
}

Result<std::optional<WrongSystem>> FindWrongSystem(Journal& journal, HandlerTable& handlers,
                                                   Boot& boot) {
  auto deployments = TRY(journal.Deployments());
  auto unfinished = TRY(journal.Unfinished());
  return FindWrongSystem(deployments, unfinished, handlers, boot);
}

}  // namespace ignite::engine
