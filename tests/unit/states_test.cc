#include "agent/engine/states.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace ignite::engine {
namespace {

std::vector<State> AllStates() {
  std::vector<State> states;
  for (int i = 0; i < kStateCount; ++i) states.push_back(static_cast<State>(i));
  return states;
}

std::vector<Event> AllEvents() {
  std::vector<Event> events;
  for (int i = 0; i < kEventCount; ++i) events.push_back(static_cast<Event>(i));
  return events;
}

std::set<State> ReachedFrom(State start) {
  std::set<State> reached = {start};
  for (size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (State state : std::set<State>(reached)) {
      for (Event event : AllEvents()) {
        if (auto next = NextState(state, event)) reached.insert(*next);
      }
    }
  }
  return reached;
}

TEST(StatesTest, EveryStateIsReachedFromReceived) {
  EXPECT_EQ(ReachedFrom(State::kReceived).size(), static_cast<size_t>(kStateCount));
}

TEST(StatesTest, EveryStateLeadsToAnEnd) {
  for (State state : AllStates()) {
    auto reached = ReachedFrom(state);
    EXPECT_TRUE(std::any_of(reached.begin(), reached.end(), IsFinal)) << StateName(state);
  }
}

TEST(StatesTest, OnlyTheFiveEndsAreFinal) {
  std::set<State> final_states;
  for (State state : AllStates()) {
    if (IsFinal(state)) final_states.insert(state);
  }
  EXPECT_THAT(final_states,
              testing::UnorderedElementsAre(State::kCommitted, State::kRolledBack, State::kRefused,
                                            State::kFailed, State::kCancelled));
}

TEST(StatesTest, NothingThatWasActivatedEndsButByCommitOrRollback) {
  for (State state : AllStates()) {
    if (!IsActivated(state)) continue;
    for (Event event : AllEvents()) {
      auto next = NextState(state, event);
      if (!next) continue;
      EXPECT_TRUE(IsActivated(*next) || *next == State::kCommitted || *next == State::kRolledBack)
          << StateName(state) << " + " << EventName(event);
    }
  }
}

TEST(StatesTest, NothingIsActivatedWithoutHavingBeenStaged) {
  for (State state : AllStates()) {
    for (Event event : AllEvents()) {
      auto next = NextState(state, event);
      if (next && IsActivated(*next) && !IsActivated(state)) {
        EXPECT_EQ(state, State::kStaged) << EventName(event);
      }
    }
  }
}

TEST(StatesTest, CommitIsReachedFromTheTrialAlone) {
  for (State state : AllStates()) {
    for (Event event : AllEvents()) {
      if (NextState(state, event) == State::kCommitted) {
        EXPECT_EQ(state, State::kTrial);
      }
    }
  }
}

TEST(StatesTest, NamesAreDistinctAndReadBack) {
  std::set<std::string_view> names;
  for (State state : AllStates()) {
    EXPECT_EQ(ParseState(StateName(state)), state);
    names.insert(StateName(state));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kStateCount));
  EXPECT_FALSE(ParseState("unknown"));
}

}  // namespace
}  // namespace ignite::engine
