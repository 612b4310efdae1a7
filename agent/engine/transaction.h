// One transaction on its way through the states: stage, activate, try, commit, or take everything
// back.
//
// Each state and step is durable in the journal before its work begins. What a failure leaves
// behind is what the design says: before activation nothing, after it the deployment that was
// active before.
#pragma once

#include "agent/engine/arrival.h"
#include "agent/engine/cancellation.h"
#include "agent/engine/deployment_store.h"
#include "agent/engine/journal.h"
#include "agent/engine/observer.h"
#include "agent/engine/parts.h"
#include "agent/engine/progress_scale.h"
#include "agent/engine/slot_trial.h"
#include "agent/engine/trial.h"

namespace ignite::engine {

/// How often the same content may be cut off before it is held.
inline constexpr int64_t kMaxInterruptions = 3;

class Transaction {
 public:
  Transaction(const Parts& parts, Journal& journal, int64_t id, Observer& observer)
      : parts_(parts),
        journal_(journal),
        id_(id),
        observer_(observer, parts.files, parts.clock, parts.paths, id),
        store_(parts.files, parts.paths, parts.handlers),
        slot_trial_(parts) {}

  /// Ends a transaction that a check or the bundle itself forbids.
  Result<Verdict> Refuse(Verdict why);
  /// Ends a transaction that this machine could not even check.
  Result<Verdict> Fail(Verdict why);
  /// From the passed checks to the end. `bundle` is null for a rollback, whose releases are here
  /// already, and for an adoption, whose files are. `arrival`: of a bundle that still comes in.
  Result<Verdict> Run(Plan plan, format::VerifiedBundle* bundle, Arrival* arrival = nullptr);
  /// Goes on with what another process began, also before a reboot: clean-up, activation, rollback,
  /// or the trial. `is_boot`: this probe has just booted.
  Result<Verdict> Resume(const TransactionRecord& record, bool is_boot);

 private:
  /// The state that `event` leads to; kInternal where the table knows no such move.
  Result<State> After(Event event) const;
  Result<> Enter(Event event, std::string step);
  Result<> Step(std::string step);
  void Show(std::string step, Mark mark);
  /// By what transactions took here before; one whose upload still comes in takes as long as that.
  ProgressScale ScaleOf(const Plan& plan);

  Result<> Stage(const Plan& plan, format::VerifiedBundle* bundle);
  /// Tells the observer, and asks whether to go on; the answer is in stop_.
  bool GoesOnStaging(const std::string& doing, Mark mark);
  /// Asks without a word.
  bool GoesOn();
  Result<> StageWithoutStreams(const Plan& plan, const format::Manifest& manifest);
  Result<> Unpack(const Plan& plan, format::VerifiedBundle& bundle);
  Result<> CopyAdopted(const Plan& plan);
  Result<Verdict> AbandonStaging(const Error& error);
  /// Before a bundle is activated that came in meanwhile.
  bool WindowHasClosed() const;
  /// From staged to the end, or to the reboot that lies in between.
  Result<Verdict> GoOn(const Plan& plan, bool is_boot);
  Result<Verdict> Try(const Plan& plan, bool is_boot);
  Result<Verdict> WaitForReboot(const Plan& plan);
  Result<Verdict> FallBack(const Plan& plan);
  /// The boot that goes on, into the plan, and what the components need of its operating system.
  Result<> NoteBoot(Plan plan);
  /// Whether the operating system of the plan serves all that is to run on it.
  Result<> CheckSystem(const Plan& plan);
  /// Whether the loader was told of the new operating system, and when since boot.
  Result<std::optional<Clock::Milliseconds>> TrialWasSet();
  Result<> Activate(const Plan& plan);
  Result<Verdict> TryAndCommit(const Plan& plan);
  Result<Verdict> Commit(const Plan& plan);
  /// `event` is kFailure or kCancel.
  Result<Verdict> RollBack(const Plan& plan, Event event, Verdict why);
  /// Whether it ends with a reboot, before which nothing of the product may run.
  Result<bool> UndoActivation(const Plan& plan);

  /// It has ended, whatever can be told of it.
  std::vector<std::string> RemarksOf(
      const Plan& plan, Result<std::vector<std::string>> (Handler::*remarks)(const Change&) const);

  Result<Verdict> End(Event event, Verdict verdict, bool hold);
  Result<bool> InterruptedTooOften(std::string_view content_id);
  /// Goes on with a trial that was cut off, but not for ever: a release that takes the machine down
  /// again and again is taken back.
  Result<Verdict> ResumeTrial(const Plan& plan, bool is_boot);

  Handler& HandlerOf(const Change& change) { return *parts_.handlers.Find(change.any()); }

  const Parts& parts_;
  Journal& journal_;
  int64_t id_;
  CancelWatch observer_;
  DeploymentStore store_;
  SlotTrial slot_trial_;
  Arrival* arrival_ = nullptr;  ///< Until the bundle is here and verified.
  State state_ = State::kReceived;
  ProgressScale scale_;
  ShownMark shown_;
  StopRequest stop_ = StopRequest::kNone;
};

}  // namespace ignite::engine
