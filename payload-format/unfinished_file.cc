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

/// What the signals did before.
std::array<struct sigaction, kSignals.size()> g_before;

void RemoveAndGoOn(int number) {
  if (const char* path = g_path) (void)unlink(path);
  // It does now what it did before: it ends the program, as whoever waits for it will see.
  for (size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == number) (void)sigaction(number, &g_before[i], nullptr);
  }
  (void)raise(number);
}

void Begin() {
  struct sigaction action {};
  action.sa_handler = RemoveAndGoOn;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    if (sigaction(kSignals[i], nullptr, &g_before[i]) == 0 && g_before[i].sa_handler != SIG_IGN)
      (void)sigaction(kSignals[i], &action, nullptr);
  }
}

void End() {
  for (size_t i = 0; i < kSignals.size(); ++i) (void)sigaction(kSignals[i], &g_before[i], nullptr);
}

}  // namespace

UnfinishedFile::UnfinishedFile(std::string path) : path_(std::move(path)) {
  g_path = path_.c_str();
  Begin();
}

UnfinishedFile::~UnfinishedFile() {
  if (is_kept_) return;
  (void)unlink(path_.c_str());
  Keep();
}

void UnfinishedFile::Keep() {
  is_kept_ = true;
  End();
  g_path = nullptr;
}

}  // namespace ignite::format
