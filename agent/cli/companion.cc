#include "agent/cli/companion.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "agent/cli/commands.h"
#include "agent/engine/verdict.h"
#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::cli {
namespace {

constexpr size_t kMaxMessage = 4096;

volatile std::sig_atomic_t g_interrupted = 0;
volatile std::sig_atomic_t g_terminated = 0;

void OnInterrupt(int) { g_interrupted = 1; }
void OnTerminate(int) { g_terminated = 1; }

/// Where the other process prints: what it says is for after its end, and it may outlive this one.
struct Output {
  UniqueFd out;
  UniqueFd errors;
};

Result<UniqueFd> MakeMemoryFile() {
  UniqueFd fd(memfd_create("output", MFD_CLOEXEC));
  if (!fd) return SystemError("making a file in memory", errno);
  return fd;
}

void Copy(int from, std::FILE* to) {
  std::array<char, 4096> bytes{};
  std::string text;
  (void)lseek(from, 0, SEEK_SET);
  for (ssize_t size; (size = read(from, bytes.data(), bytes.size())) > 0;)
    text.append(bytes.data(), static_cast<size_t>(size));
  PrintText(to, text);
}

/// SIGINT and SIGTERM, which this process takes only while it waits.
sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

class Companion {
 public:
  Companion(pid_t child, UniqueFd channel, Output output, std::string left)
      : child_(child),
        channel_(std::move(channel)),
        output_(std::move(output)),
        left_(std::move(left)) {}

  /// The exit code. `waiting`: the signal mask while nothing is done.
  int Accompany(const sigset_t& waiting);

 private:
  /// false at the end of the other process.
  bool ReadProgress();
  void OnCtrlC();
  void Ask();
  /// true where the person leaves.
  bool OnAnswer();
  void Cancel(int signal);
  void GoOn();
  int PrintVerdict();

  pid_t child_;
  UniqueFd channel_;
  Output output_;
  std::string left_;
  ProgressDisplay display_;
  engine::Progress last_;
  bool is_asking_ = false;
  bool is_cancelled_ = false;
};

int Companion::Accompany(const sigset_t& waiting) {
  for (;;) {
    // poll passes over a negative descriptor.
    std::array<pollfd, 2> watched = {
        {{channel_.get(), POLLIN, 0}, {is_asking_ ? STDIN_FILENO : -1, POLLIN, 0}}};
    bool is_ready = ppoll(watched.data(), watched.size(), nullptr, &waiting) > 0;
    if (std::exchange(g_terminated, 0) != 0) Cancel(SIGTERM);
    if (std::exchange(g_interrupted, 0) != 0) OnCtrlC();
    if (!is_ready) continue;
    if (watched[0].revents != 0 && !ReadProgress()) return PrintVerdict();
    if (watched[1].revents != 0 && OnAnswer()) {
      (void)fputs(left_.c_str(), stdout);
      return engine::exit_code::kDone;
    }
  }
}

bool Companion::ReadProgress() {
  std::array<char, kMaxMessage> text{};
  ssize_t size = recv(channel_.get(), text.data(), text.size(), MSG_DONTWAIT);
  if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
  auto progress = engine::ProgressFile::FromText({text.data(), static_cast<size_t>(size)});
  if (!progress) return true;
  bool means_the_same = engine::IsActivated(progress->state) == engine::IsActivated(last_.state);
  last_ = *std::move(progress);
  if (!is_asking_) display_.Show(last_);
  if (is_asking_ && !means_the_same && !engine::IsFinal(last_.state)) {
    (void)fputs("\n", stderr);
    Ask();
  }
  return true;
}

void Companion::OnCtrlC() {
  bool can_ask = tcgetpgrp(STDIN_FILENO) == getpgrp();
  if (!is_asking_ && can_ask) {
    // What was typed before is no answer.
    (void)tcflush(STDIN_FILENO, TCIFLUSH);
    return Ask();
  }
  if (is_asking_) (void)fputs("\n", stderr);
  if (!is_cancelled_) Cancel(SIGINT);
  GoOn();
}

void Companion::Ask() {
  is_asking_ = true;
  display_.Hide();
  std::string text =
      StrCat("at ", last_.percent, "%", last_.step.empty() ? "" : ": ", Printable(last_.step),
             "\n  l      leave it running in the background\n");
  if (is_cancelled_) {
    text += "  Enter  go on waiting: it is being cancelled\nl or Enter? ";
  } else {
    text += StrCat("  c      cancel: ", CancelMeaning(last_.state),
                   "\n  Enter  go on; a second Ctrl+C cancels\nl, c or Enter? ");
  }
  (void)fputs(text.c_str(), stderr);
}

bool Companion::OnAnswer() {
  std::array<char, 256> line{};
  ssize_t size = read(STDIN_FILENO, line.data(), line.size());
  char answer = size > 0 ? line[0] : '\n';
  if (answer == 'l' || answer == 'L') return true;
  if ((answer == 'c' || answer == 'C') && !is_cancelled_) Cancel(SIGINT);
  GoOn();
  return false;
}

void Companion::Cancel(int signal) {
  is_cancelled_ = true;
  (void)kill(child_, signal);
}

void Companion::GoOn() {
  is_asking_ = false;
  if (!last_.step.empty()) display_.Show(last_);
}

int Companion::PrintVerdict() {
  if (is_asking_) (void)fputs("\n", stderr);
  display_.Hide();
  int status = 0;
  (void)waitpid(child_, &status, 0);
  Copy(output_.errors.get(), stderr);
  Copy(output_.out.get(), stdout);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  (void)fputs(
      "ignite: the process that worked on it was killed\n"
      "  remedy: 'ignite status' tells how far it came; 'ignite recover' finishes it\n",
      stderr);
  return engine::exit_code::kFailed;
}

void LetGoOfTerminal(const Output& output) {
  (void)setsid();
  UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  (void)dup2(nothing.get(), STDIN_FILENO);
  (void)dup2(output.out.get(), STDOUT_FILENO);
  (void)dup2(output.errors.get(), STDERR_FILENO);
}

}  // namespace

void AccompaniedObserver::OnProgress(const engine::Progress& progress) {
  TerminalObserver::OnProgress(progress);
  std::string text = engine::ProgressFile::ToText(progress);
  // Whoever has gone, or is stopped by Ctrl+Z, is told nothing.
  (void)send(channel_.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool IsOnTerminal() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

Result<UniqueFd> GoOnAccompanied(const std::string& left) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return SystemError("making a channel", errno);
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  UniqueFd out = TRY(MakeMemoryFile());
  UniqueFd errors = TRY(MakeMemoryFile());
  Output output{std::move(out), std::move(errors)};
  sigset_t stops = StopSignals();
  sigset_t before;
  (void)sigprocmask(SIG_BLOCK, &stops, &before);
  pid_t child = fork();
  if (child < 0) return SystemError("starting a process", errno);
  if (child == 0) {
    TerminalObserver::CatchSignals();
    LetGoOfTerminal(output);
    (void)sigprocmask(SIG_SETMASK, &before, nullptr);
    return theirs;
  }
  theirs.Reset();
  (void)signal(SIGHUP, SIG_IGN);
  (void)signal(SIGINT, OnInterrupt);
  (void)signal(SIGTERM, OnTerminate);
  int code = Companion(child, std::move(ours), std::move(output), left).Accompany(before);
  (void)std::fflush(stdout);
  _exit(code);
}

}  // namespace ignite::cli
