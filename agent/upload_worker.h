// One upload from the inbox to its final verdict, in a process of its own: `ignited` forks it, so
// that the daemon stays responsive and a transaction that crashes takes nothing with it but itself.
#pragma once

#include "agent/composition.h"
#include "agent/forecast.h"
#include "agent/inbox/inbox.h"
#include "agent/outbox/outbox.h"

namespace ignite {

/// How a worker ended; the exit code of its process.
enum class WorkerResult : int {
  kDone = 0,
  kTryAgain = 1,  ///< Nothing final was said: busy, suspended, or this machine is in trouble.
  kNotEarly = 2,  ///< Nothing was said of an upload that comes in: it is to be waited for.
};

class UploadWorker {
 public:
  explicit UploadWorker(Composition& composition);

  /// Installs the upload, keeps its status files up to date, and removes it from the inbox once its
  /// verdict is durable.
  WorkerResult Process(const inbox::Upload& upload);
  /// The same with an upload that still comes in; nothing final is said before it is whole.
  WorkerResult ProcessEarly(const inbox::Upload& upload, const ForecastPipe& forecast);
  /// Finishes what an earlier process left, and tells the verdict of the upload it came from.
  WorkerResult Recover();

 private:
  WorkerResult Tell(const inbox::Upload& upload, const engine::Verdict& verdict);
  /// Writes the plan once it is made. `arrival`: nullptr where the upload is whole.
  engine::InstallRequest RequestFor(const inbox::Upload& upload, std::unique_ptr<InputFile> file,
                                    engine::Arrival* arrival);
  WorkerResult TellEarly(const inbox::Upload& upload, const engine::Verdict& verdict);
  /// Behind the verdict, so that it neither delays nor changes it.
  void Report(const std::string& bundle, const engine::Verdict& verdict);
  Result<> WriteReport(const std::string& bundle, const engine::Verdict& verdict);

  Composition& composition_;
  inbox::Inbox inbox_;
  outbox::Outbox outbox_;
  std::string plan_;  ///< The work order, once it was told.
};

}  // namespace ignite
