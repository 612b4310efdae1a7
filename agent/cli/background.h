// `--no-wait`: the transaction goes on in a process of its own, and the caller's ends as soon as it
// has begun. What ends before that, such as a refusal, is answered as usual.
#pragma once

#include "agent/cli/terminal_observer.h"
#include "base/unique_fd.h"

namespace ignite::cli {

/// Tells the waiting process that the transaction has begun, and lets go of its terminal.
class DetachingObserver : public TerminalObserver {
 public:
  DetachingObserver(FileSystem& files, Clock& clock, const engine::ProbePaths& paths,
                    UniqueFd begun)
      : TerminalObserver(files, clock, paths, false), begun_(std::move(begun)) {}

  void OnProgress(const engine::Progress& progress) override;

 private:
  UniqueFd begun_;
};

/// Forks. In the new process it returns the descriptor for a DetachingObserver; the caller's
/// process never returns: it prints `begun` and ends with 0 once the transaction has begun, or ends
/// with the code of the other one.
Result<UniqueFd> GoOnInBackground(const std::string& begun);

}  // namespace ignite::cli
