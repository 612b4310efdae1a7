#include "agent/engine/states.h"

#include <algorithm>

namespace ignite::engine {
namespace {

struct Transition {
  State from;
  Event event;
  State to;
};

// clang-format off
constexpr std::array kTransitions = {
    Transition{State::kReceived,    Event::kChecksPassed,  State::kVerified},
    Transition{State::kReceived,    Event::kRefusal,       State::kRefused},
    Transition{State::kReceived,    Event::kFailure,       State::kFailed},
    Transition{State::kReceived,    Event::kCancel,        State::kCancelled},
    Transition{State::kVerified,    Event::kStagingBegins, State::kStaging},
    Transition{State::kVerified,    Event::kFailure,       State::kFailed},
    Transition{State::kVerified,    Event::kCancel,        State::kCancelled},
    Transition{State::kStaging,     Event::kStagingDone,   State::kStaged},
    Transition{State::kStaging,     Event::kRefusal,       State::kRefused},
    Transition{State::kStaging,     Event::kFailure,       State::kFailed},
    Transition{State::kStaging,     Event::kCancel,        State::kCancelled},
    Transition{State::kStaged,      Event::kActivation,    State::kApplying},
    Transition{State::kStaged,      Event::kFailure,       State::kFailed},
    Transition{State::kStaged,      Event::kCancel,        State::kCancelled},
    Transition{State::kStaged,      Event::kFellBack,      State::kRolledBack},
    Transition{State::kApplying,    Event::kActivated,     State::kTrial},
    Transition{State::kApplying,    Event::kFailure,       State::kRollingBack},
    Transition{State::kApplying,    Event::kCancel,        State::kRollingBack},
    Transition{State::kTrial,       Event::kHealthy,       State::kCommitted},
    Transition{State::kTrial,       Event::kFailure,       State::kRollingBack},
    Transition{State::kTrial,       Event::kCancel,        State::kRollingBack},
    Transition{State::kRollingBack, Event::kFailure,       State::kRollingBack},
    Transition{State::kRollingBack, Event::kUndone,        State::kRolledBack},
    Transition{State::kRollingBack, Event::kUndoFailed,    State::kStuck},
    Transition{State::kStuck,       Event::kFailure,       State::kRollingBack},
};
constexpr std::array<std::string_view, kStateCount> kStateNames = {
    "received", "verified", "staging", "staged", "applying", "trial", "committed",
    "rolling-back", "rolled-back", "refused", "failed", "cancelled", "stuck",
};
constexpr std::array<std::string_view, kEventCount> kEventNames = {
    "checks-passed", "refusal", "failure", "cancel", "staging-begins", "staging-done", "activation", "fell-back",
    "activated", "healthy", "undone", "undo-failed",
};
// clang-format on

}  // namespace

std::string_view StateName(State state) { return kStateNames[static_cast<size_t>(state)]; }
std::string_view EventName(Event event) { return kEventNames[static_cast<size_t>(event)]; }

std::optional<State> ParseState(std::string_view name) {
  auto found = std::find(kStateNames.begin(), kStateNames.end(), name);
  if (found == kStateNames.end()) return std::nullopt;
  return static_cast<State>(found - kStateNames.begin());
}

std::optional<State> NextState(State from, Event event) {
  auto found = std::find_if(kTransitions.begin(), kTransitions.end(), [&](const Transition& t) {
    return t.from == from && t.event == event;
  });
  if (found == kTransitions.end()) return std::nullopt;
  return found->to;
}

bool IsFinal(State state) {
  return std::none_of(kTransitions.begin(), kTransitions.end(),
                      [&](const Transition& t) { return t.from == state; });
}

bool IsActivated(State state) {
  return state == State::kApplying || state == State::kTrial || state == State::kRollingBack ||
         state == State::kStuck;
}

}  // namespace ignite::engine
