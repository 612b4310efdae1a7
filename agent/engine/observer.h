// Who watches a transaction while it runs: the CLI's progress line, the daemon's status files.
#pragma once

#include <optional>
#include <string>

#include "agent/engine/states.h"
#include "base/clock.h"

namespace ignite::engine {

struct Progress {
  int64_t transaction = 0;
  State state = State::kReceived;
  std::string step;  ///< What is being done, for a person: "unpacking web".
  int percent = 0;   ///< Of the whole transaction.
  std::optional<Clock::Milliseconds> left = {};  ///< nullopt where nothing can be said.

  bool operator==(const Progress&) const = default;
};

enum class StopRequest : uint8_t {
  kNone,
  kCancel,   ///< Someone wants the transaction undone.
  kSuspend,  ///< This process must end soon; whoever comes after it resumes.
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnProgress(const Progress& progress) = 0;
  /// Asked again and again while staging, while data moves, and during the trial; elsewhere a stop
  /// waits. While data moves kSuspend changes nothing.
  virtual StopRequest Stop() = 0;
};

}  // namespace ignite::engine
