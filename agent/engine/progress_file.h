// How far the running transaction is, for other processes: a small file beside the journal that is
// rewritten twice a second at most. A hint for people, never read for a decision.
#pragma once

#include "agent/engine/observer.h"
#include "agent/engine/probe_paths.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace ignite::engine {

class ProgressFile {
 public:
  ProgressFile(FileSystem& files, Clock& clock, const ProbePaths& paths)
      : files_(files), clock_(clock), path_(paths.Progress()) {}

  /// Failures are ignored: progress is not worth a transaction.
  void Write(const Progress& progress);
  /// One line, of which FromText makes the same again.
  static std::string ToText(const Progress& progress);
  /// nullopt where it is none.
  static std::optional<Progress> FromText(std::string_view text);
  /// nullopt where there is none, or it is of another transaction.
  static std::optional<Progress> Read(FileSystem& files, const ProbePaths& paths,
                                      int64_t transaction);

 private:
  FileSystem& files_;
  Clock& clock_;
  std::string path_;
  Clock::Milliseconds last_{-1'000'000};
  State last_state_ = State::kReceived;
};

}  // namespace ignite::engine
