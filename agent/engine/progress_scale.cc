#include "agent/engine/progress_scale.h"

#include <algorithm>

namespace ignite::engine {
namespace {

using Milliseconds = Clock::Milliseconds;

constexpr int kStagingFrom = 3;
constexpr int kTrialTo = 99;
/// Of each part, however short: it is seen to begin and to end.
constexpr int kLeast = 2;
constexpr int kToShare = kTrialTo - kStagingFrom - 3 * kLeast;

int Between(int from, int to, int share) { return from + (to - from) * share / 100; }

int PercentOf(Milliseconds part, Milliseconds whole) {
  return kLeast + static_cast<int>(part * kToShare / whole);
}

Milliseconds Rest(Milliseconds part, int share) { return part * (100 - share) / 100; }

}  // namespace

ProgressScale::ProgressScale(const Course& expected) {
  if (expected.Total() == Milliseconds(0)) return;
  expected_ = expected;
  activation_from_ = kStagingFrom + PercentOf(expected.staging, expected.Total());
  trial_from_ =
      activation_from_ + PercentOf(expected.reboot + expected.activation, expected.Total());
}

Mark ProgressScale::Staging(int share) const {
  Mark mark{Between(kStagingFrom, activation_from_, share), std::nullopt};
  if (expected_)
    mark.left = expected_->Total() - (expected_->staging - Rest(expected_->staging, share));
  return mark;
}

Mark ProgressScale::Trial(int share) const {
  Mark mark{Between(trial_from_, kTrialTo, share), std::nullopt};
  if (expected_) mark.left = Rest(expected_->trial, share);
  return mark;
}

Mark ProgressScale::At(State state) const {
  switch (state) {
    case State::kVerified:
    case State::kStaging:
      return Staging(0);
    case State::kStaged:
      return Staging(100);
    case State::kApplying: {
      Mark mark{activation_from_, std::nullopt};
      if (expected_) mark.left = expected_->activation + expected_->trial;
      return mark;
    }
    case State::kTrial:
      return Trial(0);
    case State::kRollingBack:
      return {activation_from_, std::nullopt};
    default:
      return {IsFinal(state) ? 100 : 0, std::nullopt};
  }
}

Mark ShownMark::Next(Mark mark) {
  mark.percent = std::max(mark.percent, last_.percent);
  if (mark.left && last_.left) mark.left = std::min(*mark.left, *last_.left);
  last_ = mark;
  return mark;
}

}  // namespace ignite::engine
