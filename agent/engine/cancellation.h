// `ignite cancel` reaches a transaction that another process runs: through a small file beside the
// journal that names the transaction. Whoever runs or recovers that transaction sees it.
#pragma once

#include "agent/engine/observer.h"
#include "agent/engine/probe_paths.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace ignite::engine {

/// Durable. A transaction that has ended meanwhile is not touched by it.
Result<> AskToCancel(FileSystem& files, const ProbePaths& paths, int64_t transaction);

/// The observer of a transaction, who also stops it where someone asked to cancel it.
class CancelWatch : public Observer {
 public:
  CancelWatch(Observer& observer, FileSystem& files, Clock& clock, const ProbePaths& paths,
              int64_t transaction)
      : observer_(observer),
        files_(files),
        clock_(clock),
        path_(paths.Cancel()),
        transaction_(transaction) {}

  void OnProgress(const Progress& progress) override { observer_.OnProgress(progress); }
  /// Looks at the file a few times a second at most.
  StopRequest Stop() override;
  /// After the end of the transaction. A file that stays names a number that never comes again.
  void Forget() { (void)files_.RemoveFile(path_); }

 private:
  Observer& observer_;
  FileSystem& files_;
  Clock& clock_;
  std::string path_;
  int64_t transaction_;
  bool cancelled_ = false;
  Clock::Milliseconds looked_{-1'000'000};
};

}  // namespace ignite::engine
