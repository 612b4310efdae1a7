// Answers instead of a program, and keeps what it was asked to run.
#pragma once

#include <vector>

#include "base/process.h"

namespace ignite::fakes {

struct ScriptedProcess : Process {
  Result<Outcome> Run(const Command& command) override {
    commands.push_back(command);
    return answer;
  }
  std::vector<Command> commands;
  Result<Outcome> answer = Outcome{};
};

}  // namespace ignite::fakes
