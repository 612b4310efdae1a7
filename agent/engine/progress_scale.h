// How far a transaction is: its parts in percent of the whole, and how long it still takes, by what
// it took on this probe before.
#pragma once

#include <optional>

#include "agent/engine/pace.h"
#include "agent/engine/states.h"

namespace ignite::engine {

struct Mark {
  int percent = 0;
  std::optional<Clock::Milliseconds> left;  ///< nullopt where nothing can be said.
};

class ProgressScale {
 public:
  /// A guess: nothing can be said of the time left.
  ProgressScale() = default;
  explicit ProgressScale(const Course& expected);

  /// `share`: how much of it is done, in percent.
  Mark Staging(int share) const;
  Mark Trial(int share) const;
  /// Where the state begins.
  Mark At(State state) const;

 private:
  std::optional<Course> expected_;
  int activation_from_ = 70;
  int trial_from_ = 80;
};

/// Percent and time left as they are shown: neither goes backwards.
class ShownMark {
 public:
  Mark Next(Mark mark);

 private:
  Mark last_;
};

}  // namespace ignite::engine
