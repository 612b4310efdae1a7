// The engine: one transaction at a time from a bundle to a committed deployment, or back.
//
// Hosted by `ignited` and by `ignite` alike, under the same kernel lock. Every call first finishes
// what an interrupted process left behind. A Verdict is how a transaction ended; an Error means
// that none could be begun (kBusy), or that the journal itself could not be written, in which case
// the next Recover goes on from there.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "agent/engine/arrival.h"
#include "agent/engine/journal.h"
#include "agent/engine/observer.h"
#include "agent/engine/parts.h"
#include "agent/engine/policy.h"

namespace ignite::engine {

struct Preview;

struct InstallRequest {
  std::unique_ptr<InputFile> file;
  std::string name;  ///< Of the bundle's file, for the history.
  Origin origin = Origin::kEngineer;
  /// Where the file still comes in; it must live longer. Then nothing is judged that is not whole:
  /// the verdict is kReceived and nothing was begun where the bundle must be whole first, and what
  /// fails before it is whole ends as kFailed for the reason "upload", or is an Error.
  Arrival* arrival = nullptr;
  /// Told what the checks found and what comes, before anything of it is done; also where it is
  /// refused.
  std::function<void(const Preview&)> on_checked = {};
};

struct RollbackRequest {
  std::optional<int64_t> to;   ///< Absent: the deployment that was active before.
  bool restores_data = false;  ///< As in Change.
};

/// An interrupted transaction that was finished, or could not be.
struct Recovered {
  std::string bundle;
  std::string content_id;
  Verdict verdict;
};

class Engine {
 public:
  explicit Engine(const Parts& parts) : parts_(parts) {}

  Result<Verdict> Install(InstallRequest request, Observer& observer);
  /// Makes a new deployment with the components of the old. Nothing is done where the active one
  /// has the same releases.
  Result<Verdict> Rollback(const RollbackRequest& request, Observer& observer);
  /// Makes deployment 1 of files that are here; refused where there is a deployment already.
  Result<Verdict> Adopt(const Adoption& adoption, Observer& observer);
  /// Finishes what was interrupted, to one side or the other; nullopt where there was nothing.
  Result<std::optional<Recovered>> Recover(Observer& observer);
  /// The same before any unit has started: a trial is left for later, when what it tries runs. Then
  /// publishes the units of what is active, unless the probe is stuck. kRefused where another
  /// operating system runs than that of what is active: no unit may, then.
  Result<std::optional<Recovered>> RecoverAtBoot(Observer& observer);

  /// Keeps the daemon from installing a content, or Journal::kEverything; idempotent.
  Result<> Hold(std::string_view content_id, Observer& observer);
  /// kRefused where it is not held.
  Result<> Unhold(std::string_view content_id, Observer& observer);

 private:
  /// Under the lock, behind recovery, and with clean-up after it; a transaction that blocks answers
  /// instead.
  /// `bundle`: the name of the file that is installed; empty where none is.
  template <class Work>
  Result<Verdict> RunTransaction(std::string_view purpose, std::string_view bundle,
                                 Observer& observer, Work work);
  Result<Verdict> InstallBundle(Journal& journal, InstallRequest request, Observer& observer);
  Result<Verdict> AdoptTrees(Journal& journal, const Adoption& adoption, Observer& observer);
  Result<Verdict> RollBackTo(Journal& journal, const RollbackRequest& request, Observer& observer);

  Parts parts_;
};

}  // namespace ignite::engine
