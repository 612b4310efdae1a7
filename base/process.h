// The seam to other programs: service back ends, boot programs, health commands, programs that
// sign.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ignite {

struct Command {
  std::vector<std::string>
      arguments;  ///< The first is the program; one without '/' is looked up in PATH.
  std::vector<std::string> environment = {};  ///< "NAME=value", added to a PATH and nothing else.
  std::chrono::milliseconds timeout{30'000};
  /// Standard input, as a file: a program may ask for its size and open /dev/stdin. Nothing where
  /// empty.
  Bytes input = {};
  /// Runs for the person who runs us: with our environment, standard error and terminal, so that it
  /// can ask for a PIN. It then shares our process group, and a timeout kills it alone.
  bool attended = false;
};

struct Outcome {
  int exit_code = 0;   ///< 128 + N where signal N ended it, as a shell reports it.
  std::string output;  ///< Standard output, and error where not attended: the first kOutputLimit
                       ///< bytes.
  bool timed_out = false;
};

class Process {
 public:
  static constexpr size_t kOutputLimit = 16 * 1024;

  virtual ~Process() = default;
  /// Waits for the end. A program that runs longer than its timeout is killed with its process
  /// group. An Error means that it could not be started; a program that failed is an Outcome.
  virtual Result<Outcome> Run(const Command& command) = 0;
};

std::unique_ptr<Process> MakeSystemProcess();

/// An Outcome other than exit code 0 as an Error that carries the tail of the output.
Result<> CheckOutcome(const Command& command, const Outcome& outcome);

}  // namespace ignite
