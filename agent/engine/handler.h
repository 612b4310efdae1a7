// The interface of a payload type: how its releases are staged, made live, taken back and given up.
//
// The engine writes the journal before each verb. After an interruption the same verb is called
// again, by another process that knows the component records and nothing else; so every verb is
// idempotent and starts well on a half-done earlier run. Adding a payload type means one new file
// and one row in handlers/handler_table.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/engine/adoption.h"
#include "agent/engine/boot.h"
#include "agent/engine/plan.h"
#include "agent/engine/services.h"
#include "agent/engine/verdict.h"
#include "base/str_cat.h"
#include "payload-format/verified_bundle.h"

namespace ignite::engine {

/// What a verb takes from a file system.
struct SpaceNeed {
  std::string path;  ///< Host path of a place on it.
  uint64_t bytes = 0;
  uint64_t inodes = 0;
};

/// One state of a component's files that a handler has kept.
struct KeptVersion {
  std::string id;
  std::string digest;    ///< SHA-256 over the files, in hexadecimal.
  bool by_hand = false;  ///< An edit that was found; else made by a bundle.
  int64_t recorded = 0;  ///< Seconds since 1970; 0 for what is live and not recorded yet.
};

/// Takes the streams of one payload. Dropped before Finish it leaves a half-staged release for
/// Discard.
class Staging {
 public:
  virtual ~Staging() = default;
  virtual Result<> BeginStream(size_t stream) = 0;
  virtual Result<> Write(ByteView plain) = 0;
  virtual Result<> EndStream() = 0;
  /// After the last stream: the release is complete and durable.
  virtual Result<> Finish() = 0;
};

/// A verb that takes long calls it several times a second with what it is doing, for a person.
/// false: the verb is to give up as soon as it can, with any Error.
using Watch = std::function<bool(const std::string& doing)>;

/// When a component has its turn among those that change together, whatever their order in the
/// bundle. The reverse is the order of the undo.
enum class Turn : uint8_t { kSystem, kData, kConfiguration, kLast };

class Handler {
 public:
  virtual ~Handler() = default;

  virtual Turn TurnOfActivation() const { return Turn::kLast; }

  /// Whether bundles of this kind may carry such payloads.
  virtual bool BelongsTo(format::Kind kind) const = 0;
  /// Whether the spec is one that this handler knows and the payload has the streams it needs.
  virtual Result<> CheckPayload(const format::PayloadInfo& payload) const = 0;
  /// The spec that the component is remembered by.
  virtual Json RecordedSpec(const format::PayloadInfo& payload) const { return payload.spec; }
  /// What stands in the way of this change on this probe: one finding for each target. Empty is
  /// good.
  virtual Result<std::vector<CheckResult>> CheckTargets(const Change& change) const = 0;
  /// The places outside its releases that a component takes for itself: probe paths.
  virtual Result<std::vector<std::string>> Places(const ComponentRecord& record) const = 0;
  /// What staging takes.
  virtual Result<std::vector<SpaceNeed>> SpaceNeeds(const Change& change) const = 0;
  /// What activating takes besides, also where the release is here already.
  virtual Result<std::vector<SpaceNeed>> ActivationNeeds(const Change&) const {
    return std::vector<SpaceNeed>();
  }
  /// The latest moment that who signed the payload has put into it, in seconds since 1970; 0 for
  /// none. The probe's floor of time rises to it with the commit.
  virtual Result<int64_t> SignedTime(const ComponentRecord&) const { return 0; }

  /// Whether `to` may be staged from an upload that still comes in: staging it runs no program,
  /// touches no slot, and leaves nothing that Discard does not remove.
  virtual Result<bool> MayStageEarly(const Change&) const { return false; }
  /// Takes the room that Stage will need, so that nobody else can. Staging gives it back as it uses
  /// it, Discard gives back what is left.
  virtual Result<> Reserve(const Change& change) = 0;
  /// Begins a new release, throwing away what an earlier run left of it. Touches nothing live.
  /// `watch` lives as long as the Staging.
  virtual Result<std::unique_ptr<Staging>> Stage(const Change& change, Watch watch) = 0;
  /// For an adoption: the spec that a release made of `tree` has. kRefused names what it cannot
  /// hold; kUnsupported for types that make none.
  virtual Result<Json> Survey(const AdoptedTree&) const { return CannotBeAdopted(); }
  /// Stages `to` of what Survey has seen; kIo where that has changed since.
  virtual Result<> StageAdopted(const Change&) { return CannotBeAdopted(); }
  /// Where the deployment's symbolic link for this component leads: a probe path; empty where it
  /// has none.
  virtual Result<std::string> ReleasePath(const ComponentRecord& record) const = 0;

  /// Whether the release is here and whole, so that a deployment can return to it.
  virtual Result<bool> HasRelease(const ComponentRecord& record) const = 0;

  /// The slot that is to be staged, or was for a rollback, and must run before this change can be
  /// activated; nullopt for types that are no operating system.
  virtual Result<std::optional<Slot>> SlotFor(const Change&, Action) const {
    return std::optional<Slot>();
  }

  /// Of a component that a bundle brings in two forms: how this probe takes it and why, for a
  /// person; nullopt where it does not take the form of this handler.
  virtual std::optional<std::string> FormTaken() const { return std::nullopt; }

  /// Another operating system is about to be booted: what this component needs of it is written
  /// down. What cannot be is not known later.
  virtual void NoteSystem(const ComponentRecord&) {}
  /// Whether the operating system that was booted serves a component of the deployment to be, asked
  /// before anything is activated. kRefused says what it lacks.
  virtual Result<> CheckSystem(const ComponentRecord&) { return {}; }

  /// Prepares the places outside the release for `to` and takes away what only `from` had. Runs
  /// before the switch, with the units stopped.
  virtual Result<> Activate(const Change& change, const Watch& watch) = 0;
  /// The reverse of Activate, after the switch back; OK where there is nothing to undo.
  virtual Result<> Undo(const Change& change) = 0;
  /// Removes a release that no deployment needs any more, also one that was only half staged.
  virtual Result<> Discard(const ComponentRecord& record) = 0;

  /// For `ignite doctor`: kRefused names an account that this type needs and the probe lacks.
  virtual Result<> CheckAccounts() const { return {}; }
  /// What staging this change runs on the probe, a line each, for the preview.
  virtual Result<std::vector<std::string>> StagingSteps(const Change&) const {
    return std::vector<std::string>();
  }
  /// What activating this change does, a line each and in its order, for the preview and for the
  /// list of returns.
  virtual Result<std::vector<std::string>> ActivationSteps(const Change& change) const {
    return std::vector<std::string>{
        StrCat("activate ", change.any().component, " ", change.any().version)};
  }
  /// What whoever began the change should know once it is done: of the state that it left.
  virtual Result<std::vector<std::string>> Remarks(const Change&) const {
    return std::vector<std::string>();
  }
  /// The same once Undo has taken the change back.
  virtual Result<std::vector<std::string>> UndoRemarks(const Change&) const {
    return std::vector<std::string>();
  }
  /// The versions of a release that were kept, oldest first; none for types that keep none.
  virtual Result<std::vector<KeptVersion>> KeptVersions(const ComponentRecord&,
                                                        bool /*is_live*/) const {
    return std::vector<KeptVersion>();
  }
  /// Host path of the folder with the files of a kept version; kNotFound where there is none.
  virtual Result<std::string> FolderOfVersion(const ComponentRecord&, std::string_view id) const {
    return Error{ErrorCode::kNotFound, StrCat("no version ", id, " is kept"),
                 "'ignite config history' lists them"};
  }
  /// How the files of two folders differ, for a person.
  virtual Result<std::string> CompareVersions(const std::string&, const std::string&) const {
    return std::string();
  }

  /// The units that must be stopped around the change of this component.
  virtual Result<std::vector<Unit>> Units(const ComponentRecord& record) const = 0;
  /// kEverything: also times, and what was added. kDamage: what may keep an application from
  /// working.
  enum class Compare : uint8_t { kEverything, kDamage };
  /// Compares the live release with what its bundle brought: one line for each difference.
  virtual Result<std::vector<std::string>> FindDifferences(const ComponentRecord& record,
                                                           Compare compare) const = 0;

 private:
  static Error CannotBeAdopted() {
    return {ErrorCode::kUnsupported, "this payload type cannot be adopted", "adopt trees only"};
  }
};

/// Payload type -> handler.
class HandlerTable {
 public:
  virtual ~HandlerTable() = default;
  /// nullptr for a type that this version does not know.
  virtual Handler* Find(std::string_view type, std::string_view component) = 0;
  Handler* Find(const ComponentRecord& record) { return Find(record.type, record.component); }
};

}  // namespace ignite::engine
