#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/c_handle.h"
#include "base/confined_child.h"
#include "base/file_system.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/unique_fd.h"

namespace ignite {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kWatchInterval{100};
/// Of an output: enough to say why a program failed.
constexpr size_t kTail = 400;
/// What a pipe holds.
constexpr size_t kPipe = size_t{64} * 1024;

Milliseconds MonotonicNow() {
  return std::chrono::duration_cast<Milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Owns the attributes and file actions of one posix_spawn.
struct SpawnPlan {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  SpawnPlan(int input, int output, bool attended, bool in_our_group) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    if (!attended) posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigset_t reset;
    sigfillset(&reset);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &reset);
    posix_spawnattr_setpgroup(&attributes, 0);
    // Of the programs in the background, none can read from the terminal.
    int group = in_our_group ? 0 : POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(
        &attributes, static_cast<short>(group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

class SystemProcess : public Process {
 public:
  Result<Outcome> Run(const Command& command) override {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("making a pipe", errno);
    UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    pid_t child = TRY(Spawn(command, write_end.get()));
    write_end.Reset();
    pid_t target = SharesOurGroup(command) ? child : -child;
    Outcome outcome = Collect(child, target, read_end.get(), command);
    // What the program left behind in its group must not outlive it.
    if (!SharesOurGroup(command)) (void)kill(target, SIGKILL);
    return outcome;
  }

 private:
  static bool SharesOurGroup(const Command& command) {
    return command.attended || command.in_our_group;
  }

  static Result<pid_t> Spawn(const Command& command, int output) {
    std::vector<std::string> arguments = command.arguments;
    std::vector<std::string> environment = command.environment;
    if (command.attended) {
      for (char** variable = environ; *variable != nullptr; ++variable)
        environment.emplace_back(*variable);
    } else {
      environment.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }
    UniqueFd input = TRY(InputOf(command));
    if (command.confinement)
      return StartConfined(command, std::move(environment), input.get(), output);
    SpawnPlan plan(input.get(), output, command.attended, SharesOurGroup(command));
    pid_t child = -1;
    int failure = posix_spawnp(&child, arguments[0].c_str(), &plan.files, &plan.attributes,
                               Pointers(arguments).data(), Pointers(environment).data());
    if (failure != 0) return SystemError(StrCat("starting ", arguments[0]), failure);
    return child;
  }

  static Result<UniqueFd> InputOf(const Command& command) {
    if (command.input.empty()) {
      UniqueFd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!nothing) return SystemError("opening /dev/null", errno);
      return nothing;
    }
    UniqueFd file(memfd_create("input", MFD_CLOEXEC));
    if (!file) return SystemError("making a file in memory", errno);
    TRY(WriteAll(file.get(), command.input, "a file in memory"));
    if (lseek(file.get(), 0, SEEK_SET) != 0) return SystemError("seeking in memory", errno);
    return file;
  }

  /// Reads until the program has ended; kills `target` at the deadline, or where the watch wants no
  /// more. A grandchild may hold the pipe open, so the end of the program counts and not the end of
  /// the pipe.
  static Outcome Collect(pid_t child, pid_t target, int output, const Command& command) {
    Milliseconds deadline = MonotonicNow() + command.timeout;
    Milliseconds watched{0};
    Outcome outcome;
    for (bool pipe_open = true;;) {
      int status = 0;
      if (waitpid(child, &status, WNOHANG) == child) {
        Drain(output, outcome, command.output_limit);
        outcome.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        return outcome;
      }
      bool is_killed = outcome.timed_out || outcome.stopped;
      Milliseconds now = MonotonicNow();
      Milliseconds left = deadline - now;
      if (left.count() <= 0 && !is_killed) {
        outcome.timed_out = true;
        (void)kill(target, SIGKILL);
      }
      pollfd waiting{pipe_open ? output : -1, POLLIN, 0};
      (void)poll(&waiting, 1, static_cast<int>(std::clamp<int64_t>(left.count(), 1, 20)));
      std::string piece;
      if (waiting.revents != 0) pipe_open = Take(output, piece);
      Keep(piece, outcome, command.output_limit);
      bool is_due = !piece.empty() || now - watched >= kWatchInterval;
      if (!command.watch || is_killed || !is_due) continue;
      watched = now;
      if (command.watch(piece)) continue;
      outcome.stopped = true;
      (void)kill(target, SIGKILL);
    }
  }

  /// One read; false at the end of the pipe.
  static bool Take(int output, std::string& piece) {
    char buffer[4096];
    ssize_t got = read(output, buffer, sizeof buffer);
    if (got <= 0) return got < 0 && errno == EINTR;
    piece.assign(buffer, static_cast<size_t>(got));
    return true;
  }

  static void Keep(std::string_view piece, Outcome& outcome, size_t limit) {
    size_t room = limit - std::min(limit, outcome.output.size());
    outcome.output.append(piece.substr(0, room));
    if (piece.size() <= room) return;
    outcome.end += piece.substr(room);
    if (outcome.end.size() > kTail) outcome.end.erase(0, outcome.end.size() - kTail);
  }

  /// What the program still had in the pipe, and no more: a grandchild may go on writing.
  static void Drain(int output, Outcome& outcome, size_t limit) {
    (void)fcntl(output, F_SETFL, O_NONBLOCK);
    std::string piece;
    for (size_t drained = 0; drained < kPipe && Take(output, piece); drained += piece.size())
      Keep(piece, outcome, limit);
  }
};

}  // namespace

std::unique_ptr<Process> MakeSystemProcess() { return std::make_unique<SystemProcess>(); }

Result<> CheckOutcome(const Command& command, const Outcome& outcome) {
  if (outcome.exit_code == 0 && !outcome.timed_out && !outcome.stopped) return {};
  std::string line;
  for (const std::string& argument : command.arguments)
    line += StrCat(line.empty() ? "" : " ", argument);
  if (outcome.stopped)
    return Error{ErrorCode::kCancelled, StrCat("'", line, "' was stopped"), "start it again"};
  std::string_view kept = outcome.output;
  std::string tail = StrCat(kept.substr(kept.size() - std::min(kept.size(), kTail)), outcome.end);
  size_t cut = tail.size() - std::min(tail.size(), kTail);
  bool is_cut = cut > 0 || kept.size() > kTail;
  std::string said =
      StrCat(is_cut ? "..." : "", Printable(TrimSpace(std::string_view(tail).substr(cut))));
  std::string what = outcome.timed_out
                         ? StrCat("did not end within ", command.timeout.count() / 1000, " s")
                         : StrCat("ended with exit code ", outcome.exit_code);
  return Error{ErrorCode::kIo,
               StrCat("'", line, "' ", what, said.empty() ? "" : "; it said: ", said),
               "run the program by hand to see why"};
}

}  // namespace ignite
