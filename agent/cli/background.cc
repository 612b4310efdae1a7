#include "agent/cli/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace ignite::cli {
namespace {

[[noreturn]] void WaitForBegin(int child, int begun, const std::string& text) {
  char byte = 0;
  if (read(begun, &byte, 1) == 1) {
    (void)std::fputs(text.c_str(), stdout);
    (void)std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  (void)waitpid(child, &status, 0);
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

}  // namespace

void DetachingObserver::OnProgress(const engine::Progress& progress) {
  bool passed_checks = progress.state != engine::State::kReceived &&
                       progress.state != engine::State::kVerified &&
                       !engine::IsFinal(progress.state);
  if (begun_ && passed_checks) {
    UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
    for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      (void)dup2(nothing.get(), stream);
    (void)!write(begun_.get(), "b", 1);
    begun_.Reset();
  }
  TerminalObserver::OnProgress(progress);
}

Result<UniqueFd> GoOnInBackground(const std::string& begun) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("making a pipe", errno);
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  pid_t child = fork();
  if (child < 0) return SystemError("starting a process", errno);
  if (child > 0) {
    write_end.Reset();
    WaitForBegin(child, read_end.get(), begun);
  }
  (void)setsid();
  return write_end;
}

}  // namespace ignite::cli
