// Shows a person on standard error how far a transaction is: on a terminal one line that is
// redrawn, elsewhere a line for each new step.
#pragma once

#include "agent/engine/observer.h"
#include "base/terminal.h"

namespace ignite::cli {

class ProgressDisplay {
 public:
  void Show(const engine::Progress& progress);
  /// Something else may be printed then.
  void Hide() { line_.Hide(); }

 private:
  ProgressLine line_;
  std::string step_;
};

/// " 42%  unpacking web  1 min 20 s left" in `width` columns at most: the step is cut.
std::string ProgressText(const engine::Progress& progress, size_t width);

}  // namespace ignite::cli
