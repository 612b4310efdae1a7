#include "agent/cli/terminal_observer.h"

#include <signal.h>

#include <csignal>

namespace ignite::cli {
namespace {

volatile std::sig_atomic_t g_stop_signals = 0;

void OnSignal(int) { g_stop_signals = 1; }

}  // namespace

void TerminalObserver::CatchSignals() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  // A reader of our output that goes away must not end a transaction, nor a terminal that does.
  for (int number : {SIGPIPE, SIGHUP}) (void)signal(number, SIG_IGN);
  for (int number : {SIGINT, SIGTERM}) (void)sigaction(number, &action, nullptr);
}

void TerminalObserver::OnProgress(const engine::Progress& progress) {
  file_.Write(progress);
  if (display_) display_->Show(progress);
}

engine::StopRequest TerminalObserver::Stop() {
  return g_stop_signals == 0 ? engine::StopRequest::kNone : engine::StopRequest::kCancel;
}

}  // namespace ignite::cli
