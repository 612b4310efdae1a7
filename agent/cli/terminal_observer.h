// Watches the transaction that a command runs: shows it, and turns SIGINT and SIGTERM into a
// request to cancel it.
#pragma once

#include <optional>

#include "agent/cli/progress_display.h"
#include "agent/engine/progress_file.h"

namespace ignite::cli {

class TerminalObserver : public engine::Observer {
 public:
  /// `is_shown`: on standard error.
  TerminalObserver(FileSystem& files, Clock& clock, const engine::ProbePaths& paths, bool is_shown)
      : file_(files, clock, paths) {
    if (is_shown) display_.emplace();
  }

  void OnProgress(const engine::Progress& progress) override;
  engine::StopRequest Stop() override;

  /// SIGINT and SIGTERM cancel from now on, where a cancel is possible; a second one ends the
  /// process, and recovery does the rest. The end of a connection changes nothing.
  static void CatchSignals();

 private:
  std::optional<ProgressDisplay> display_;
  engine::ProgressFile file_;
};

}  // namespace ignite::cli
