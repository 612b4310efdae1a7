// The update protocol as data: every state, every event, and what follows. Design: one transaction
// at a time.
//
// received -> verified -> staging -> staged -> applying -> trial -> committed, else rolling-back ->
// rolled-back. Before anything was activated a transaction ends as refused (a check said no),
// failed (an error) or cancelled. When an undo itself keeps failing it ends as stuck.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ignite::engine {

enum class State : uint8_t {
  kReceived,
  kVerified,
  kStaging,
  kStaged,
  kApplying,
  kTrial,
  kCommitted,
  kRollingBack,
  kRolledBack,
  kRefused,
  kFailed,
  kCancelled,
  kStuck,
};

enum class Event : uint8_t {
  kChecksPassed,
  kRefusal,  ///< A check, or the bundle itself, says no.
  kFailure,  ///< An error of this machine, an unhealthy release, or an interruption.
  kCancel,
  kStagingBegins,
  kStagingDone,
  kActivation,
  kFellBack,  ///< The boot loader gave the new operating system up before anything else changed.
  kActivated,
  kHealthy,  ///< The trial is over and every check held.
  kUndone,
  kUndoFailed,  ///< Again and again.
};

inline constexpr int kStateCount = 13;
inline constexpr int kEventCount = 12;

std::string_view StateName(State state);
std::optional<State> ParseState(std::string_view name);
std::string_view EventName(Event event);

/// nullopt where the event is a bug in that state.
std::optional<State> NextState(State from, Event event);

/// No event leads out of it.
bool IsFinal(State state);
/// Something of the live system may have changed, so an interruption is undone and not just cleaned
/// up.
bool IsActivated(State state);

}  // namespace ignite::engine
