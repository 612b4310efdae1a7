// The back end for a loader that only a program of the host knows.
#pragma once

#include <string>
#include <vector>

#include "agent/engine/boot.h"
#include "base/process.h"

namespace ignite::boot {

/// Runs PROGRAM booted, which prints `a` or `b`; PROGRAM set-trial S TRIES; PROGRAM mark-good S and
/// PROGRAM mark-bad S, with IGNITE_ROOT in the environment. Exit code 0 is done; the program
/// promises then what engine/boot.h does.
class CommandBoot : public engine::Boot {
 public:
  CommandBoot(std::string program, std::string root, Process& process);

  Result<engine::Slot> Booted() override;
  Result<std::optional<engine::Slot>> Next() override;
  Result<> SetTrial(engine::Slot slot, int tries) override;
  Result<> MarkGood(engine::Slot slot) override;
  Result<> MarkBad(engine::Slot slot) override;

 private:
  /// What it printed.
  Result<std::string> Run(std::vector<std::string> arguments);

  std::string program_;
  std::string root_;
  Process& process_;
};

}  // namespace ignite::boot
