// What each reason of a verdict means, and what to do, in one sentence each for whoever uploaded.
// Cause and remedy of the verdict itself are more exact, have names in them, and are English alone.
#pragma once

#include <string_view>

namespace ignite::outbox {

/// To be said by a Speaker.
struct ReasonWords {
  const char* reason;
  const char* meaning;
  const char* remedy;
};

/// nullptr for a reason that is not known, or none.
const ReasonWords* WordsFor(std::string_view reason);

}  // namespace ignite::outbox
