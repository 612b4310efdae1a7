#include "agent/engine/engine.h"

#include <algorithm>

#include "agent/engine/examination.h"
#include "agent/engine/planning.h"
#include "agent/engine/preview.h"
#include "agent/engine/returns.h"
#include "agent/engine/running_system.h"
#include "agent/engine/session.h"
#include "agent/engine/space.h"
#include "agent/engine/transaction.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"

namespace ignite::engine {
namespace {

const DeploymentRecord* FindDeployment(const std::vector<DeploymentRecord>& deployments,
                                       int64_t number) {
  auto found = std::find_if(deployments.begin(), deployments.end(),
                            [&](const auto& d) { return d.number == number; });
  return found == deployments.end() ? nullptr : &*found;
}

std::string KeptNumbers(const std::vector<DeploymentRecord>& deployments) {
  std::string numbers;
  for (size_t i = 0; i + 1 < deployments.size(); ++i)
    numbers += StrCat(numbers.empty() ? "" : ", ", deployments[i].number);
  return numbers.empty() ? "none" : numbers;
}

/// Leaves a trial as soon as it is taken up.
class SuspendingObserver : public Observer {
 public:
  explicit SuspendingObserver(Observer& observer) : observer_(observer) {}
  void OnProgress(const Progress& progress) override { observer_.OnProgress(progress); }
  StopRequest Stop() override { return StopRequest::kSuspend; }

 private:
  Observer& observer_;
};

/// Whether one whole deployment is there for the units, the one before or the one on trial.
bool MayRun(State state) { return state != State::kStuck && state != State::kRollingBack; }

/// The components that the switch leads to now: on trial or committed.
Result<std::vector<ComponentRecord>> ActiveComponents(Journal& journal) {
  auto unfinished = TRY(journal.Unfinished());
  if (unfinished && unfinished->state == State::kTrial && unfinished->plan)
    return unfinished->plan->components;
  auto current = TRY(journal.Current());
  return current ? current->components : std::vector<ComponentRecord>();
}

/// Of a transaction that was not begun, for another one is stuck.
Verdict BecauseOtherIsStuck(const Error& other) {
  Verdict verdict = BecauseOf(other);
  verdict.state = State::kStuck;
  verdict.reason = "transaction";
  return verdict;
}

Verdict MustBeWhole() {
  Verdict verdict;
  verdict.state = State::kReceived;
  verdict.cause = "the bundle is staged once it is whole";
  return verdict;
}

}  // namespace

template <class Work>
Result<Verdict> Engine::RunTransaction(std::string_view purpose, std::string_view bundle,
                                       Observer& observer, Work work) {
  Session session = TRY(Session::Open(parts_, purpose, Session::Occasion::kWork, observer));
  if (const Verdict* blocking = session.Blocking()) {
    if (session.recovered()->bundle == bundle) return *blocking;
    auto unfinished = TRY(session.journal().Unfinished());
    auto obstacle = unfinished ? ObstacleOf(*unfinished) : std::nullopt;
    if (!obstacle) return *blocking;
    if (obstacle->code == ErrorCode::kBusy) return *obstacle;
    return BecauseOtherIsStuck(*obstacle);
  }
  Result<Verdict> verdict = work(session.journal());
  session.Tidy();
  return verdict;
}

Result<Verdict> Engine::Install(InstallRequest request, Observer& observer) {
  std::string name = request.name;
  return RunTransaction(StrCat("installing ", request.name), name, observer, [&](Journal& journal) {
    return InstallBundle(journal, std::move(request), observer);
  });
}

Result<Verdict> Engine::InstallBundle(Journal& journal, InstallRequest request,
                                      Observer& observer) {
  auto bundle = OpenBundle(parts_, std::move(request.file));
  auto current = TRY(journal.Current());
  if (bundle && TRY(RunsAlready(parts_, current, *bundle))) return AlreadyRunning(*current);
  if (request.arrival != nullptr) {
    if (!bundle) return std::move(bundle).error();
    Plan plan = PlanInstall(*bundle, current, parts_.handlers, 0);
    if (!TRY(MayStageEarly(plan, *request.arrival, parts_.files, parts_.handlers)))
      return MustBeWhole();
  }

  int64_t id = TRY(journal.Begin(request.name));
  Transaction transaction(parts_, journal, id, observer);
  if (!bundle) {
    Verdict why = BecauseOf(bundle.error());
    return IsBundleReason(why.reason) ? transaction.Refuse(std::move(why))
                                      : transaction.Fail(std::move(why));
  }
  Examination found = TRY(Examine(parts_, &journal, *bundle, id, request.origin));
  if (request.on_checked) {
    // What cannot be described is done all the same.
    if (auto preview = PreviewOf(parts_, &journal, bundle->manifest(), found))
      request.on_checked(*preview);
  }
  if (const CheckResult* failed = FirstFailure(found.checks)) {
    // No fault of the bundle: it is tried again.
    if (!failed->was_made) return Error{ErrorCode::kIo, failed->cause, failed->remedy};
    return transaction.Refuse(RefusedByChecks(std::move(found.checks)));
  }
  found.plan.signed_time = TRY(SignedTime(found.plan, parts_.handlers));
  return transaction.Run(found.plan, &*bundle, request.arrival);
}

Result<Verdict> Engine::Rollback(const RollbackRequest& request, Observer& observer) {
  return RunTransaction("rolling back", "", observer,
                        [&](Journal& journal) { return RollBackTo(journal, request, observer); });
}

Result<Verdict> Engine::RollBackTo(Journal& journal, const RollbackRequest& request,
                                   Observer& observer) {
  const std::optional<int64_t>& to = request.to;
  std::vector<DeploymentRecord> deployments = TRY(journal.Deployments());
  int64_t current = deployments.empty() ? 0 : deployments.back().number;
  int64_t number = to.value_or(current - 1);
  const DeploymentRecord* target = FindDeployment(deployments, number);
  bool runs_already =
      target != nullptr && number != current &&
      PlanRollback(deployments.back(), *target, parts_.handlers, false).changes.empty();
  if (runs_already) {  // Asked for twice, as a rollback may be that seemed to hang.
    return AlreadyRunning(deployments.back(),
                          StrCat("has the very releases of deployment ", target->number));
  }
  bool known = to || number > 0;
  int64_t id = TRY(journal.Begin(known ? StrCat("rollback to ", number) : "rollback"));
  Transaction transaction(parts_, journal, id, observer);
  if (target == nullptr || number == current) {
    std::string cause = number == current && current != 0
                            ? StrCat("the probe runs deployment ", current, " already")
                        : to ? StrCat("deployment ", *to, " is not kept here")
                             : std::string("there is no earlier deployment to roll back to");
    return transaction.Refuse(
        RefusedByChecks({{"targets", false, std::move(cause),
                          StrCat("kept deployments to return to: ", KeptNumbers(deployments))}}));
  }
  Plan plan = PlanRollback(deployments.back(), *target, parts_.handlers, request.restores_data);
  std::vector<CheckResult> checks = TRY(CheckRollback(parts_, journal, plan));
  if (FirstFailure(checks) != nullptr)
    return transaction.Refuse(RefusedByChecks(std::move(checks)));
  return transaction.Run(plan, nullptr);
}

Result<Verdict> Engine::Adopt(const Adoption& adoption, Observer& observer) {
  return RunTransaction("adopting", "", observer,
                        [&](Journal& journal) { return AdoptTrees(journal, adoption, observer); });
}

Result<Verdict> Engine::AdoptTrees(Journal& journal, const Adoption& adoption, Observer& observer) {
  auto current = TRY(journal.Current());
  int64_t id = TRY(journal.Begin("adoption"));
  Transaction transaction(parts_, journal, id, observer);
  auto refuse = [&](std::string cause, std::string remedy) {
    return transaction.Refuse(
        RefusedByChecks({{"targets", false, std::move(cause), std::move(remedy)}}));
  };
  if (current) {
    return refuse(StrCat("this probe has deployment ", current->number, " already"),
                  "install a bundle: adoption is for what ran before ignite came");
  }
  auto plan = PlanAdoption(adoption, parts_.settings, parts_.handlers, id);
  if (!plan) return refuse(PrintableLines(plan.error().cause), plan.error().remedy);
  std::vector<CheckResult> checks = {TRY(CheckSpace(*plan, parts_.files, parts_.handlers))};
  for (const Change& change : plan->changes) {
    for (CheckResult& finding : TRY(parts_.handlers.Find(change.any())->CheckTargets(change)))
      checks.push_back(std::move(finding));
  }
  if (FirstFailure(checks) != nullptr)
    return transaction.Refuse(RefusedByChecks(std::move(checks)));
  return transaction.Run(*plan, nullptr);
}

Result<> Engine::Hold(std::string_view content_id, Observer& observer) {
  Session session = TRY(Session::Open(parts_, "holding", Session::Occasion::kWork, observer));
  return session.journal().Hold(content_id);
}

Result<> Engine::Unhold(std::string_view content_id, Observer& observer) {
  Session session =
      TRY(Session::Open(parts_, "lifting a hold", Session::Occasion::kWork, observer));
  auto holds = TRY(session.journal().Holds());
  if (std::find(holds.begin(), holds.end(), content_id) == holds.end()) {
    return Error{ErrorCode::kRefused, StrCat(Printable(content_id), " is not held here"),
                 "'ignite status' shows what is held"};
  }
  return session.journal().LiftHold(content_id);
}

Result<std::optional<Recovered>> Engine::RecoverAtBoot(Observer& observer) {
  SuspendingObserver suspending(observer);
  Session session = TRY(Session::Open(parts_, "recovering", Session::Occasion::kBoot, suspending));
  const auto& recovered = session.recovered();
  if (recovered && !MayRun(recovered->verdict.state)) return recovered;
  if (auto wrong = TRY(FindWrongSystem(session.journal(), parts_.handlers, parts_.boot)))
    return wrong->error;
  auto components = TRY(ActiveComponents(session.journal()));
  TRY(parts_.services.Publish(TRY(UnitsOf(components, parts_.handlers))));
  return recovered;
}

Result<std::optional<Recovered>> Engine::Recover(Observer& observer) {
  Session session =
      TRY(Session::Open(parts_, "recovering", Session::Occasion::kRecovery, observer));
  return session.recovered();
}

}  // namespace ignite::engine
