#include "agent/engine/transaction.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/engine/boot_id.h"
#include "agent/engine/examination.h"
#include "agent/engine/release_notes.h"
#include "agent/engine/running_system.h"
#include "base/str_cat.h"
#include "base/utf8.h"

namespace ignite::engine {
namespace {

constexpr int kUndoAttempts = 3;

/// Steps that recovery reads again.
constexpr std::string_view kTrialResumed = "trial resumed";
constexpr std::string_view kTrialSuspended = "trial suspended";
std::string ActivationOf(const Change& change) {
  return StrCat("activating ", change.any().component);
}

/// Takes a form that this probe does not need: the reader checks its chunks all the same.
class NoStaging : public Staging {
 public:
  Result<> BeginStream(size_t) override { return {}; }
  Result<> Write(ByteView) override { return {}; }
  Result<> EndStream() override { return {}; }
  Result<> Finish() override { return {}; }
};

/// Hands each payload's streams to the staging of its handler.
class StagingSink : public format::PayloadSink {
 public:
  using Show = std::function<void(const std::string& payload)>;

  StagingSink(const format::Manifest& manifest, const Plan& plan, HandlerTable& handlers, Show show,
              Watch watch)
      : manifest_(manifest),
        plan_(plan),
        handlers_(handlers),
        show_(std::move(show)),
        watch_(std::move(watch)) {}

  Result<> BeginStream(size_t payload, size_t stream) override {
    if (stream == 0) {
      const format::PayloadInfo& info = manifest_.payloads[payload];
      streams_left_ = info.streams.size();
      staging_ = TRY(StagingOf(info));
    }
    return staging_->BeginStream(stream);
  }
  Result<> Write(ByteView plain) override { return staging_->Write(plain); }
  Result<> EndStream() override {
    TRY(staging_->EndStream());
    if (--streams_left_ > 0) return {};
    return staging_->Finish();
  }

 private:
  Result<std::unique_ptr<Staging>> StagingOf(const format::PayloadInfo& payload) {
    const Change& change = plan_.ChangeOf(payload.component);
    if (change.to->type != payload.type)
      return std::unique_ptr<Staging>(std::make_unique<NoStaging>());
    show_(payload.name);
    return handlers_.Find(*change.to)->Stage(change, watch_);
  }

  const format::Manifest& manifest_;
  const Plan& plan_;
  HandlerTable& handlers_;
  Show show_;
  Watch watch_;
  std::unique_ptr<Staging> staging_;
  size_t streams_left_ = 0;
};

Verdict Because(std::string reason, const Error& error) {
  Verdict why;
  why.reason = std::move(reason);
  why.cause = PrintableLines(error.cause);
  why.remedy = error.remedy;
  return why;
}

Verdict Cancelled(std::string_view when) {
  return Because("cancelled",
                 {ErrorCode::kCancelled, StrCat("the transaction was cancelled ", when),
                  "install the bundle again when you want it"});
}

/// Whether a rollback for this reason speaks against the release itself, so that its content is
/// held. Of the reason alone, for the one who ends it may be another than who began it.
bool SpeaksAgainst(std::string_view reason) {
  constexpr std::array<std::string_view, 4> kReasons = {"activation", "boot", "health",
                                                        "interrupted-too-often"};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

// A probe that is stuck says what failed first and what keeps it from being taken back, in one text
// of the journal. Whoever takes it up again tells them apart by these.
constexpr std::string_view kUndoFailed = "; and taking that back failed";
constexpr std::string_view kThenRecover =
    "; then run 'ignite recover'. Where a unit stands in the way, 'ignite recover --without-units' "
    "takes back all else; then reboot";
constexpr std::string_view kAfterwards = "; afterwards: ";

Verdict StuckWith(Verdict why, const Error& undo) {
  why.cause += undo.cause == why.cause ? StrCat(kUndoFailed, " as well")
                                       : StrCat(kUndoFailed, ": ", undo.cause);
  std::string first = std::move(why.remedy);
  why.remedy = StrCat(undo.remedy, kThenRecover);
  if (!first.empty() && first != undo.remedy) why.remedy += StrCat(kAfterwards, first);
  return why;
}

/// Why it was taken back, also where that failed before.
Verdict FirstCauseOf(const TransactionRecord& record) {
  Verdict why = record.ToVerdict();
  size_t undo = why.cause.find(kUndoFailed);
  if (undo == std::string::npos) return why;
  why.cause.resize(undo);
  size_t first = why.remedy.find(kAfterwards);
  why.remedy = first == std::string::npos ? why.remedy.substr(0, why.remedy.find(kThenRecover))
                                          : why.remedy.substr(first + kAfterwards.size());
  return why;
}

Verdict FellBack() {
  return Because("boot", {ErrorCode::kRefused,
                          "the new operating system did not come up, or was not found healthy "
                          "before its tries were used up: the boot loader went back",
                          "it does not work here: send the report to its builder"});
}

Verdict Interrupted() {
  Verdict why;
  why.reason = "interrupted";
  why.cause = "the transaction was cut off: the machine or the agent stopped in the middle";
  why.remedy = "upload the bundle again, or run 'ignite install' with it";
  return why;
}

Verdict ArrivalGivenUp(std::string cause) {
  return Because("upload",
                 {ErrorCode::kIo, std::move(cause),
                  "nothing, where the upload goes on: it is taken by itself once it is whole"});
}

}  // namespace

Result<State> Transaction::After(Event event) const {
  if (auto next = NextState(state_, event)) return *next;
  return Error{ErrorCode::kInternal,
               StrCat("the event ", EventName(event), " came in the state ", StateName(state_)),
               "report this as a bug"};
}

Result<> Transaction::Enter(Event event, std::string step) {
  State next = TRY(After(event));
  TRY(journal_.Enter(id_, next, step));
  state_ = next;
  Show(std::move(step), scale_.At(state_));
  return {};
}

Result<> Transaction::Step(std::string step) {
  TRY(journal_.Enter(id_, state_, step));
  Show(std::move(step), scale_.At(state_));
  return {};
}

void Transaction::Show(std::string step, Mark mark) {
  mark = shown_.Next(mark);
  observer_.OnProgress({id_, state_, std::move(step), mark.percent, mark.left});
}

ProgressScale Transaction::ScaleOf(const Plan& plan) {
  // What cannot be measured is guessed: it is only for show.
  if (arrival_ != nullptr) return {};
  auto pace = MeasurePace(journal_, parts_.handlers);
  if (!pace || !pace->is_measured) return {};
  auto course = ExpectedCourse(plan, *pace, parts_.settings, parts_.handlers);
  return course ? ProgressScale(*course) : ProgressScale();
}

Result<Verdict> Transaction::Refuse(Verdict why) {
  return End(Event::kRefusal, std::move(why), false);
}

Result<Verdict> Transaction::Fail(Verdict why) {
  return End(Event::kFailure, std::move(why), false);
}

Result<Verdict> Transaction::Run(Plan plan, format::VerifiedBundle* bundle, Arrival* arrival) {
  arrival_ = arrival;
  auto slot = SlotOf(plan, parts_.handlers);
  if (!slot) return Fail(Because("error", slot.error()));
  plan.slot = *slot;
  scale_ = ScaleOf(plan);
  auto staged = Stage(plan, bundle);
  if (!staged) return AbandonStaging(staged.error());
  if (arrival != nullptr && WindowHasClosed()) {
    return Fail(
        ArrivalGivenUp("the maintenance window closed while the upload came in: what was "
                       "unpacked meanwhile was removed"));
  }
  return GoOn(plan, false);
}

bool Transaction::WindowHasClosed() const {
  const auto& window = parts_.settings.window;
  return window && !window->MayBegin(parts_.clock.WallSeconds(), Clock::Milliseconds(0));
}

Result<Verdict> Transaction::GoOn(const Plan& plan, bool is_boot) {
  if (!plan.slot) return Try(plan, is_boot);
  auto set = TRY(TrialWasSet());
  switch (TRY(slot_trial_.StandingOf(plan, set.has_value(), is_boot))) {
    case SlotTrial::Standing::kRuns:
      return Try(plan, is_boot);
    case SlotTrial::Standing::kFellBack:
      return FallBack(plan);
    case SlotTrial::Standing::kWaits:
      break;
    case SlotTrial::Standing::kIsToBeSet:
      TRY(Step("telling the boot loader"));
      TRY(NoteBoot(plan));
      if (auto told = slot_trial_.Enter(plan); !told) {
        // It may have been told all the same, so it is not over before the loader knows better.
        TRY(slot_trial_.Leave(plan));
        return AbandonStaging(told.error());
      }
      TRY(Step(std::string(kWaitingForReboot)));
  }
  if (observer_.Stop() != StopRequest::kCancel) return WaitForReboot(plan);
  stop_ = StopRequest::kCancel;
  TRY(slot_trial_.Leave(plan));
  return AbandonStaging({ErrorCode::kCancelled, "", ""});
}

Result<> Transaction::NoteBoot(Plan plan) {
  plan.boot = BootId(parts_.files, parts_.paths);
  for (const ComponentRecord& record : plan.components) {
    if (Handler* handler = parts_.handlers.Find(record)) handler->NoteSystem(record);
  }
  return journal_.SetPlan(id_, plan);
}

Result<> Transaction::CheckSystem(const Plan& plan) {
  if (!plan.slot) return {};
  for (const ComponentRecord& record : plan.components) {
    if (Handler* handler = parts_.handlers.Find(record)) TRY(handler->CheckSystem(record));
  }
  return {};
}

Result<std::optional<Clock::Milliseconds>> Transaction::TrialWasSet() {
  std::optional<Clock::Milliseconds> set;
  for (const StepRecord& step : TRY(journal_.Steps(id_))) {
    if (step.step == kWaitingForReboot) set = step.boot;
  }
  return set;
}

Result<Verdict> Transaction::WaitForReboot(const Plan& plan) {
  Verdict waiting;
  waiting.state = State::kStaged;
  waiting.transaction = id_;
  waiting.reason = "reboot";
  waiting.cause = StrCat("the operating system is ready in slot ", SlotName(plan.slot.value()),
                         ", and the next boot enters it");
  waiting.remedy = "reboot this probe; 'ignite cancel' leaves everything as it is";
  const Settings& settings = parts_.settings;
  if (settings.reboot == RebootPolicy::kManual) return waiting;
  auto waited = parts_.clock.BootTime() - TRY(TrialWasSet()).value();
  bool is_time = settings.reboot == RebootPolicy::kAtOnce || !settings.window ||
                 settings.window->MayBegin(parts_.clock.WallSeconds(), waited);
  if (!is_time) {
    waiting.remedy = StrCat("nothing: it reboots by itself in the maintenance window ",
                            settings.window->ToString(), "; a reboot before that is as good");
  } else if (parts_.reboot.Request()) {
    waiting.remedy = "nothing: it reboots by itself now";
  }
  return waiting;
}

Result<Verdict> Transaction::FallBack(const Plan& plan) {
  TRY(slot_trial_.Leave(plan));
  return End(Event::kFellBack, FellBack(), plan.action == Action::kInstall);
}

Result<Verdict> Transaction::Try(const Plan& plan, bool is_boot) {
  auto activated = Activate(plan);
  if (activated) return TryAndCommit(plan);
  // The new system runs already: only a rollback leaves it, and that needs the journal.
  if (!IsActivated(state_) && plan.slot) return activated.error();
  if (!IsActivated(state_)) return AbandonStaging(activated.error());
  if (stop_ == StopRequest::kCancel) {
    return RollBack(plan, Event::kCancel, Cancelled("while it was being activated"));
  }
  // The end of the agent may end the programs that it runs as well: no fault of the release.
  if (!is_boot && observer_.Stop() == StopRequest::kSuspend)
    return RollBack(plan, Event::kFailure, Interrupted());
  return RollBack(plan, Event::kFailure, Because("activation", activated.error()));
}

Result<> Transaction::Stage(const Plan& plan, format::VerifiedBundle* bundle) {
  TRY(journal_.SetPlan(
      id_, plan,
      bundle == nullptr ? std::vector<format::Note>() : NotesToKeep(bundle->manifest())));
  TRY(Enter(Event::kChecksPassed, "checked"));
  TRY(Enter(Event::kStagingBegins, std::string(arrival_ == nullptr ? "unpacking" : kStagingEarly)));
  if (plan.action != Action::kRollback) {
    for (const Change& change : plan.changes) TRY(HandlerOf(change).Reserve(change));
    TRY(bundle == nullptr ? CopyAdopted(plan) : Unpack(plan, *bundle));
  }
  TRY(store_.Build(plan));
  return Enter(Event::kStagingDone, "staged");
}

bool Transaction::GoesOnStaging(const std::string& doing, Mark mark) {
  Show(doing, mark);
  return GoesOn();
}

bool Transaction::GoesOn() {
  stop_ = observer_.Stop();
  return stop_ == StopRequest::kNone;
}

Result<> Transaction::Unpack(const Plan& plan, format::VerifiedBundle& bundle) {
  TRY(StageWithoutStreams(plan, bundle.manifest()));
  std::string unpacking = "unpacking";
  auto step = [&] {
    int here = arrival_ == nullptr ? 100 : arrival_->Percent();
    return here >= 100 ? unpacking : StrCat(unpacking, " while the upload comes in at ", here, "%");
  };
  Mark mark = scale_.Staging(0);
  if (arrival_ != nullptr) {
    // For hours perhaps: only what is new is worth writing down.
    arrival_->AskWhileWaiting([&, told = std::string()]() mutable {
      std::string now = step();
      if (std::exchange(told, now) == now) return GoesOn();
      return GoesOnStaging(now, mark);
    });
  }
  StagingSink sink(
      bundle.manifest(), plan, parts_.handlers,
      [&](const std::string& payload) {
        unpacking = StrCat("unpacking ", payload);
        Show(step(), mark);
      },
      [&](const std::string& doing) { return GoesOnStaging(doing, mark); });
  TRY(bundle.ReadPayloads(sink, parts_.settings.threads, [&](uint64_t done) -> Result<> {
    auto share = static_cast<int>(done * 100 / std::max<uint64_t>(1, bundle.payload_size()));
    mark = scale_.Staging(share);
    if (GoesOnStaging(step(), mark)) return {};
    return Error{ErrorCode::kCancelled, "unpacking was stopped", "install the bundle again"};
  }));
  arrival_ = nullptr;
  return {};
}

Result<> Transaction::CopyAdopted(const Plan& plan) {
  for (const Change& change : plan.changes) {
    Show(StrCat("copying ", change.to->component), scale_.Staging(0));
    TRY(HandlerOf(change).StageAdopted(change));
  }
  return {};
}

/// A payload whose spec says all of it: no stream comes that would begin its staging.
Result<> Transaction::StageWithoutStreams(const Plan& plan, const format::Manifest& manifest) {
  for (const format::PayloadInfo& payload : manifest.payloads) {
    if (!payload.streams.empty()) continue;
    const Change& change = plan.ChangeOf(payload.component);
    auto staging = TRY(HandlerOf(change).Stage(change, [this](const std::string& doing) {
      return GoesOnStaging(doing, scale_.Staging(0));
    }));
    TRY(staging->Finish());
  }
  return {};
}

Result<Verdict> Transaction::AbandonStaging(const Error& error) {
  if (stop_ == StopRequest::kSuspend) {
    Verdict suspended = Interrupted();
    suspended.reason = "suspended";
    suspended.cause = "the agent was asked to end; nothing was activated";
    return End(Event::kFailure, std::move(suspended), false);
  }
  if (stop_ == StopRequest::kCancel)
    return End(Event::kCancel, Cancelled("before anything was activated"), false);
  if (arrival_ != nullptr) return Fail(ArrivalGivenUp(error.cause));
  // A step or program of the bundle failed on a copy of what this probe has: no fault of its bytes.
  if (error.code == ErrorCode::kRefused)
    return End(Event::kRefusal, Because("rehearsal", error), false);
  std::string reason(ReasonForBundleError(error.code));
  Event event = IsBundleReason(reason) ? Event::kRefusal : Event::kFailure;
  return End(event, Because(std::move(reason), error), false);
}

Result<> Transaction::Activate(const Plan& plan) {
  TRY(Enter(Event::kActivation, "stopping units"));
  TRY(parts_.services.Stop(TRY(UnitsOf(plan, parts_.handlers, true, true))));
  TRY(CheckSystem(plan));
  // An agent that is asked to end leaves this to its end: what is done need not be done again.
  Watch watch = [this](const std::string& doing) {
    Show(doing, scale_.At(State::kApplying));
    if (observer_.Stop() == StopRequest::kCancel) stop_ = StopRequest::kCancel;
    return stop_ != StopRequest::kCancel;
  };
  for (const Change& change : plan.changes) {
    TRY(Step(ActivationOf(change)));
    TRY(HandlerOf(change).Activate(change, watch));
  }
  TRY(Step("switching"));
  TRY(store_.Switch(plan.to_deployment));
  TRY(Step("starting units"));
  TRY(parts_.services.Publish(TRY(UnitsOf(plan.components, parts_.handlers))));
  TRY(parts_.services.Start(TRY(UnitsOf(plan, parts_.handlers, false, true))));
  return Enter(Event::kActivated, "on trial");
}

Result<Verdict> Transaction::TryAndCommit(const Plan& plan) {
  Trial trial(parts_.health, parts_.clock, observer_);
  TrialOutcome outcome =
      trial.Run(plan.health, parts_.settings.trial,
                [&](int percent, const std::string& step) { Show(step, scale_.Trial(percent)); });
  if (outcome.kind == TrialOutcome::Kind::kHealthy) return Commit(plan);
  if (outcome.kind == TrialOutcome::Kind::kUnhealthy) {
    return RollBack(
        plan, Event::kFailure,
        Because("health", {ErrorCode::kRefused, outcome.cause,
                           "the release does not work here: send the report to its builder"}));
  }
  if (outcome.stop == StopRequest::kCancel) {
    return RollBack(plan, Event::kCancel, Cancelled("during its trial"));
  }
  TRY(Step(std::string(kTrialSuspended)));
  Verdict suspended;
  suspended.state = State::kTrial;
  suspended.transaction = id_;
  suspended.reason = "suspended";
  suspended.cause = "the agent ends; the trial goes on when it starts again";
  return suspended;
}

Result<Verdict> Transaction::Commit(const Plan& plan) {
  State committed = TRY(After(Event::kHealthy));
  std::string left_content;
  if (plan.action == Action::kRollback) {
    if (auto current = TRY(journal_.Current()); current && current->content_id != plan.content_id)
      left_content = current->content_id;
  }
  if (auto kept = slot_trial_.Keep(plan); !kept)
    return RollBack(plan, Event::kFailure, Because("boot", kept.error()));
  if (TRY(store_.Active()) != plan.to_deployment) {
    Error cause{ErrorCode::kInternal, "the deployment on trial is no longer the active one",
                "install the bundle again"};
    return RollBack(plan, Event::kFailure, Because("journal", cause));
  }
  auto remarks = RemarksOf(plan, &Handler::Remarks);
  if (TRY(journal_.Commit(id_, plan, left_content, remarks)) ==
      Journal::CommitOutcome::kNotCommitted) {
    Error cause{ErrorCode::kIo, "the journal could not be written",
                "check the disk of /var/lib/ignite"};
    return RollBack(plan, Event::kFailure, Because("journal", cause));
  }
  state_ = committed;
  observer_.Forget();
  Show("committed", scale_.At(state_));
  Verdict verdict;
  verdict.state = committed;
  verdict.transaction = id_;
  verdict.deployment = plan.to_deployment;
  verdict.remarks = std::move(remarks);
  return verdict;
}

std::vector<std::string> Transaction::RemarksOf(
    const Plan& plan, Result<std::vector<std::string>> (Handler::*remarks)(const Change&) const) {
  std::vector<std::string> all;
  for (const Change& change : plan.changes) {
    auto told = (HandlerOf(change).*remarks)(change);
    if (told) all.insert(all.end(), told->begin(), told->end());
  }
  return all;
}

Result<Verdict> Transaction::RollBack(const Plan& plan, Event event, Verdict why) {
  state_ = TRY(After(event));
  // The undo goes on even where the journal cannot be written: its last durable state leads
  // recovery here again.
  (void)journal_.EnterRollback(id_, why);
  Show("rolling back", scale_.At(State::kRollingBack));
  Result<bool> undone = false;
  for (int attempt = 0; attempt < kUndoAttempts; ++attempt) {
    undone = UndoActivation(plan);
    // What the new operating system lacks for it the one from before may have.
    if (auto left = undone ? undone : slot_trial_.Leave(plan); left && *left) undone = true;
    if (undone) break;
  }
  if (!undone) {
    why = StuckWith(std::move(why), undone.error());
    why.state = state_ = TRY(After(Event::kUndoFailed));
    why.transaction = id_;
    TRY(journal_.EnterStuck(id_, why));
    return why;
  }
  if (*undone) {
    TRY(Step(std::string(kWaitingForReboot)));
    bool is_coming = parts_.reboot.Request().has_value();
    why.state = state_;
    why.transaction = id_;
    why.remedy = is_coming ? "nothing: it reboots by itself into the operating system from before"
                           : "reboot this probe: the boot loader enters the system from before";
    return why;
  }
  why.remarks = RemarksOf(plan, &Handler::UndoRemarks);
  bool hold = SpeaksAgainst(why.reason);
  bool interrupted_often = why.reason == "interrupted" && TRY(InterruptedTooOften(plan.content_id));
  return End(Event::kUndone, std::move(why),
             plan.action == Action::kInstall && (hold || interrupted_often));
}

Result<bool> Transaction::UndoActivation(const Plan& plan) {
  TRY(parts_.services.Stop(TRY(UnitsOf(plan, parts_.handlers, true, true))));
  // None may start in an operating system that is about to be left.
  if (plan.slot) TRY(parts_.services.Publish({}));
  TRY(store_.Switch(plan.from_deployment));
  auto steps = TRY(journal_.Steps(id_));
  for (auto change = plan.changes.rbegin(); change != plan.changes.rend(); ++change) {
    bool was_begun = std::any_of(steps.begin(), steps.end(), [&](const StepRecord& step) {
      return step.step == ActivationOf(*change);
    });
    if (was_begun) TRY(HandlerOf(*change).Undo(*change));
  }
  if (TRY(slot_trial_.Leave(plan))) return true;
  auto former = TRY(journal_.Current());
  TRY(parts_.services.Publish(
      TRY(UnitsOf(former ? former->components : std::vector<ComponentRecord>(), parts_.handlers))));
  TRY(parts_.services.Start(TRY(UnitsOf(plan, parts_.handlers, true, false))));
  return false;
}

Result<Verdict> Transaction::Resume(const TransactionRecord& record, bool is_boot) {
  state_ = record.state;
  if (record.plan) scale_ = ScaleOf(*record.plan);
  Show("recovering", scale_.At(state_));
  bool is_staged = record.plan && record.state == State::kStaged;
  if (is_staged && record.plan->slot) return GoOn(*record.plan, is_boot);
  if (!record.plan || !IsActivated(record.state)) {
    if (observer_.Stop() == StopRequest::kCancel)
      return End(Event::kCancel, Cancelled("before anything was activated"), false);
    // Nothing was activated, so nothing is held: the upload is tried again, but not for ever.
    Verdict verdict = Interrupted();
    if (record.step == kStagingEarly) {
      verdict = ArrivalGivenUp(std::move(verdict.cause));
    } else if (record.plan && TRY(InterruptedTooOften(record.content_id))) {
      verdict.reason = "interrupted-too-often";
    }
    return End(Event::kFailure, std::move(verdict), false);
  }
  for (const Change& change : record.plan->changes) {
    if (parts_.handlers.Find(change.any()) != nullptr) continue;
    return Error{
        ErrorCode::kUnsupported,
        StrCat("the interrupted transaction has the unknown payload type ", change.any().type),
        "start the ignite-agent that began it"};
  }
  // The journal may not have been able to say that a rollback had begun: what is active decides.
  bool on_trial = record.state == State::kTrial;
  if (on_trial && TRY(store_.Active()) == record.plan->to_deployment)
    return ResumeTrial(*record.plan, is_boot);
  if (record.reason.empty()) return RollBack(*record.plan, Event::kFailure, Interrupted());
  return RollBack(*record.plan, Event::kFailure, FirstCauseOf(record));
}

Result<Verdict> Transaction::ResumeTrial(const Plan& plan, bool is_boot) {
  if (TRY(slot_trial_.StandingOf(plan, true, is_boot)) != SlotTrial::Standing::kRuns)
    return RollBack(plan, Event::kFailure, FellBack());
  int64_t cut_off = 1;
  auto steps = TRY(journal_.Steps(id_));
  for (const StepRecord& step : steps) cut_off += step.step == kTrialResumed ? 1 : 0;
  // An agent that was asked to end is no fault of the release.
  bool suspended = !steps.empty() && steps.back().step == kTrialSuspended;
  if (!suspended && cut_off >= kMaxInterruptions) {
    Verdict why = Interrupted();
    why.reason = "interrupted-too-often";
    why.cause = StrCat("the machine or the agent stopped ", cut_off,
                       " times while the release was on trial");
    why.remedy = "the release may take the machine down: send the report to its builder";
    return RollBack(plan, Event::kFailure, std::move(why));
  }
  TRY(Step(suspended ? "trial goes on" : std::string(kTrialResumed)));
  return TryAndCommit(plan);
}

Result<bool> Transaction::InterruptedTooOften(std::string_view content_id) {
  return TRY(journal_.CountInterrupted(content_id, id_)) + 1 >= kMaxInterruptions;
}

Result<Verdict> Transaction::End(Event event, Verdict verdict, bool hold) {
  verdict.state = TRY(After(event));
  TRY(journal_.End(id_, verdict, hold));
  verdict.transaction = id_;
  auto current = TRY(journal_.Current());
  verdict.deployment = current ? current->number : 0;
  state_ = verdict.state;
  observer_.Forget();
  Show(std::string(StateName(state_)), scale_.At(state_));
  return verdict;
}

}  // namespace ignite::engine
