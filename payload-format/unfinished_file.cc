#include "payload-format/unfinished_file.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

namespace ignite::format {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

std::atomic<const char*> g_path = nullptr;
static_assert(std::atomic<const char*>::is_always_lock_free, "a signal handler reads it");

void RemoveAndEnd(int number) {
  if (const char* path = g_path) (void)unlink(path);
  // The handler was taken away when it was called: now the signal ends the program, as whoever
  // waits for it will see.
  (void)raise(number);
}

bool Handles(int number, void (*handler)(int)) {
  struct sigaction now {};
  return sigaction(number, nullptr, &now) == 0 && now.sa_handler == handler;
}

void Replace(void (*before)(int), void (*after)(int)) {
  struct sigaction action {};
  action.sa_handler = after;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (int number : kSignals) {
    if (Handles(number, before)) (void)sigaction(number, &action, nullptr);
  }
}

}  // namespace

UnfinishedFile::UnfinishedFile(std::string path) : path_(std::move(path)) {
  g_path = path_.c_str();
  Replace(SIG_DFL, RemoveAndEnd);
}

UnfinishedFile::~UnfinishedFile() {
  if (is_kept_) return;
  (void)unlink(path_.c_str());
  Keep();
}

void UnfinishedFile::Keep() {
  is_kept_ = true;
  Replace(RemoveAndEnd, SIG_DFL);
  g_path = nullptr;
}

}  // namespace ignite::format
