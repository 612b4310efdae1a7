#include "agent/engine/preview.h"

#include <algorithm>

#include "agent/engine/planning.h"
#include "agent/engine/session.h"
#include "agent/engine/transaction_lock.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {
namespace {

/// Also one that is at work just now: an install would find the lock taken.
std::optional<Error> ObstacleTo(const TransactionRecord& unfinished, const ProbePaths& paths) {
  auto obstacle = ObstacleOf(unfinished);
  if (obstacle || TransactionLock::IsFree(paths.Lock())) return obstacle;
  return Error{ErrorCode::kBusy,
               StrCat("transaction ", unfinished.id, " (", Printable(unfinished.bundle),
                      ") is under way: ", StateName(unfinished.state)),
               "wait for its end: 'ignite status' shows how far it is"};
}

std::string DeploymentWords(int64_t number) {
  return number == 0 ? std::string("nothing") : StrCat("deployment ", number);
}

Result<std::vector<std::string>> StepsOf(const Parts& parts, const format::Manifest& manifest,
                                         const Plan& plan, const std::vector<std::string>& units) {
  std::vector<std::string> steps;
  for (const Change& change : plan.changes) {
    std::string before = change.from ? StrCat(", beside ", change.from->version) : "";
    auto form = FormTaken(manifest, change.any().component, parts.handlers);
    steps.push_back(StrCat("unpack ", change.any().component, " ", change.any().version,
                           form ? StrCat(" ", *form) : "", before));
    for (std::string& step : TRY(parts.handlers.Find(change.any())->StagingSteps(change)))
      steps.push_back(std::move(step));
  }
  if (!units.empty()) steps.push_back(StrCat("stop ", Joined(units)));
  for (std::string& step : TRY(ActivationSteps(plan, parts.handlers)))
    steps.push_back(std::move(step));
  for (const ComponentRecord& record : plan.components) {
    bool changes = std::any_of(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
      return change.any().component == record.component;
    });
    if (!changes)
      steps.push_back(StrCat("leave ", record.component, " ", record.version, " as it is"));
  }
  steps.push_back(StrCat("switch from ", DeploymentWords(plan.from_deployment), " to ",
                         DeploymentWords(plan.to_deployment)));
  auto new_units = NamesOf(TRY(UnitsOf(plan, parts.handlers, false, true)));
  if (!new_units.empty()) steps.push_back(StrCat("start ", Joined(new_units)));
  std::vector<std::string> checks;
  for (const auto& check : plan.health) checks.push_back(StrCat(check.name, " (", check.type, ")"));
  steps.push_back(StrCat(
      "try it for ", DurationInWords(std::chrono::ceil<std::chrono::seconds>(parts.settings.trial)),
      ": ", checks.empty() ? "no health check" : Joined(checks)));
  steps.push_back("commit, or take everything back");
  return steps;
}

/// What the plan costs and does. Nothing of it can be told of payloads that this agent does not
/// know.
Result<> Describe(const Parts& parts, Journal* journal, const format::Manifest& manifest,
                  Preview& preview) {
  const Plan& plan = *preview.plan;
  preview.space = TRY(SpaceDemands(plan, parts.files, parts.handlers));
  for (const CheckResult& check : preview.verdict.checks) {
    if (check.id == "types" && !check.passed) return {};
  }
  preview.units = NamesOf(TRY(UnitsOf(plan, parts.handlers, true, true)));
  preview.steps = TRY(StepsOf(parts, manifest, plan, preview.units));
  Pace pace = journal == nullptr ? Pace{} : TRY(MeasurePace(*journal, parts.handlers));
  preview.expected = TRY(ExpectedCourse(plan, pace, parts.settings, parts.handlers)).Total();
  preview.expected_is_measured = pace.is_measured;
  return {};
}

}  // namespace

Result<Preview> PreviewInstall(const Parts& parts, InstallRequest request) {
  Preview preview;
  auto bundle = OpenBundle(parts, std::move(request.file));
  if (!bundle) {
    preview.verdict = BecauseOf(bundle.error());
    preview.verdict.state =
        IsBundleReason(preview.verdict.reason) ? State::kRefused : State::kFailed;
    return preview;
  }
  auto opened = Journal::OpenForReading(parts.paths.Journal());
  if (!opened && opened.error().code != ErrorCode::kNotFound) return std::move(opened).error();
  Journal* journal = opened ? &*opened : nullptr;
  std::optional<DeploymentRecord> current;
  if (journal != nullptr) current = TRY(journal->Current());
  std::optional<Error> obstacle;
  if (journal != nullptr) preview.unfinished = TRY(journal->Unfinished());
  if (preview.unfinished) obstacle = ObstacleTo(*preview.unfinished, parts.paths);
  if (!obstacle) preview.unfinished.reset();
  if (!obstacle && TRY(RunsAlready(parts, current, *bundle))) {
    preview.verdict = AlreadyRunning(*current);
    return preview;
  }
  Examination found = TRY(Examine(parts, journal, *bundle, 0, request.origin));
  if (obstacle) found.checks.push_back({"transaction", false, obstacle->cause, obstacle->remedy});
  auto unfinished = std::move(preview.unfinished);
  preview = TRY(PreviewOf(parts, journal, bundle->manifest(), std::move(found)));
  preview.unfinished = std::move(unfinished);
  return preview;
}

Result<Preview> PreviewOf(const Parts& parts, Journal* journal, const format::Manifest& manifest,
                          Examination found) {
  Preview preview;
  bool refused = FirstFailure(found.checks) != nullptr;
  preview.plan = std::move(found.plan);
  if (refused) preview.verdict = RefusedByChecks(found.checks);
  preview.verdict.state = refused ? State::kRefused : State::kReceived;
  preview.verdict.checks = std::move(found.checks);
  preview.is_held = journal != nullptr && TRY(journal->IsHeld(preview.plan->content_id));
  // What keeps a check from being made may keep it from being described as well.
  if (auto described = Describe(parts, journal, manifest, preview); !described && !refused)
    return std::move(described).error();
  return preview;
}

}  // namespace ignite::engine
