#include "agent/engine/pace.h"

#include <algorithm>

#include "agent/engine/arrival.h"
#include "agent/engine/running_system.h"

namespace ignite::engine {
namespace {

using Milliseconds = Clock::Milliseconds;

/// Less is lost in the measurement itself.
constexpr Milliseconds kShortestStaging{100};
/// What less takes says how long a transaction is, not how fast bytes come to the disk.
constexpr uint64_t kLeastStaged = 1024 * 1024;
/// A guess: the clock begins anew with it. How long somebody lets it wait nobody can know.
constexpr Milliseconds kReboot{60'000};

Result<uint64_t> BytesOf(const Plan& plan, HandlerTable& handlers) {
  uint64_t bytes = 0;
  for (const Change& change : plan.changes) {
    Handler* handler = handlers.Find(change.any());
    if (handler == nullptr) continue;
    for (const SpaceNeed& need : TRY(handler->SpaceNeeds(change))) bytes += need.bytes;
  }
  return bytes;
}

std::optional<Milliseconds> EnteredAt(const std::vector<StepRecord>& steps, State state) {
  auto found = std::find_if(steps.begin(), steps.end(),
                            [&](const StepRecord& step) { return step.state == state; });
  if (found == steps.end()) return std::nullopt;
  return found->boot;
}

/// What was unpacked while its upload came in took as long as that did.
bool WasStagedEarly(const std::vector<StepRecord>& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const StepRecord& step) { return step.step == kStagingEarly; });
}

/// nullopt where one of them is missing, or a reboot lies between them.
std::optional<Milliseconds> Between(const std::vector<StepRecord>& steps, State from, State to) {
  auto begin = EnteredAt(steps, from);
  auto end = EnteredAt(steps, to);
  if (!begin || !end || *end < *begin) return std::nullopt;
  return *end - *begin;
}

}  // namespace

Result<Pace> MeasurePace(Journal& journal, HandlerTable& handlers) {
  Pace pace;
  std::optional<uint64_t> slowest;
  for (const TransactionRecord& record : TRY(journal.Transactions())) {
    if (record.state != State::kCommitted || !record.plan) continue;
    if (record.plan->action != Action::kInstall) continue;
    auto steps = TRY(journal.Steps(record.id));
    auto staging = Between(steps, State::kStaging, State::kStaged);
    auto activation = Between(steps, State::kApplying, State::kTrial);
    if (!staging || !activation) continue;
    uint64_t bytes = TRY(BytesOf(*record.plan, handlers));
    if (bytes >= kLeastStaged && !WasStagedEarly(steps)) {
      auto took = static_cast<uint64_t>(std::max(*staging, kShortestStaging).count());
      uint64_t rate = std::max<uint64_t>(1, bytes * 1000 / took);
      slowest = std::min(rate, slowest.value_or(rate));
    }
    pace.activation = pace.is_measured ? std::max(pace.activation, *activation) : *activation;
    pace.is_measured = true;
  }
  pace.staged_per_second = slowest.value_or(pace.staged_per_second);
  return pace;
}

Result<Course> ExpectedCourse(const Plan& plan, const Pace& pace, const Settings& settings,
                              HandlerTable& handlers) {
  uint64_t bytes = plan.action == Action::kInstall ? TRY(BytesOf(plan, handlers)) : 0;
  auto slot = SlotOf(plan, handlers);
  Course course;
  course.staging = Milliseconds(static_cast<int64_t>(bytes * 1000 / pace.staged_per_second));
  course.reboot = slot && *slot ? kReboot : Milliseconds(0);
  course.activation = pace.activation;
  course.trial = settings.trial;
  return course;
}

}  // namespace ignite::engine
