// The seam to other programs: service back ends, boot programs, health commands, programs that
// sign.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ignite {

/// What a program gets that is not trusted with all that we may do: an account, a session and a
/// clean environment of its own, no group beyond its own one and no way to new privileges, and
/// where asked for no network and no file to write to. It can be granted whole or the program does
/// not run: an Error says why. The first argument of its Command is then a path from / on.
struct Confinement {
  uid_t uid = 0;  ///< Not root. Where we are not root, our own.
  gid_t gid = 0;
  /// The only files and folders that it can write to, paths of this host; the program starts in the
  /// first. Without a list the file system is as it is for everybody.
  std::optional<std::vector<std::string>> writable = {};
  /// false: an empty network, without our 127.0.0.1 and the sockets in /run.
  bool network = true;
};

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
  /// Stays in our process group, so that who kills that kills it too; a timeout kills it alone.
  bool in_our_group = false;
  size_t output_limit = 16 * 1024;  ///< Bytes of its output that are kept.
  std::optional<Confinement> confinement = {};
  /// Called while it runs with each piece of its output, and several times a second without one.
  /// false kills it as its timeout does.
  std::function<bool(std::string_view output)> watch = {};
};

struct Outcome {
  int exit_code = 0;   ///< 128 + N where signal N ended it, as a shell reports it.
  std::string output;  ///< Standard output, and error where not attended: its beginning.
  bool timed_out = false;
  bool stopped = false;  ///< By its watch.
  std::string end = {};  ///< The last bytes of what was more than `output` may hold.
};

class Process {
 public:
  virtual ~Process() = default;
  /// Waits for the end. A program that runs longer than its timeout is killed with its process
  /// group. An Error means that it could not be started; a program that failed is an Outcome.
  virtual Result<Outcome> Run(const Command& command) = 0;
};

std::unique_ptr<Process> MakeSystemProcess();

/// An Outcome other than exit code 0 as an Error that carries the tail of the output.
Result<> CheckOutcome(const Command& command, const Outcome& outcome);

}  // namespace ignite
