// Shows a transaction on the terminal while it runs, and turns Ctrl+C into a request to cancel it.
#pragma once

#include "agent/engine/observer.h"
#include "agent/engine/progress_file.h"
#include "base/terminal.h"

namespace ignite::cli {

class TerminalObserver : public engine::Observer {
 public:
  TerminalObserver(FileSystem& files, Clock& clock, const engine::ProbePaths& paths)
      : file_(files, clock, paths) {}

  void OnProgress(const engine::Progress& progress) override;
  engine::StopRequest Stop() override;

  /// SIGINT and SIGTERM cancel from now on, where a cancel is possible; a second one ends the
  /// process, and recovery does the rest. The end of a connection changes nothing.
  static void CatchSignals();

 private:
  ProgressLine line_;
  engine::ProgressFile file_;
};

}  // namespace ignite::cli
