#include "packager/interruption.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>

#include "base/file_system.h"
#include "base/ini.h"
#include "migrations/database.h"

namespace ignite::packager {
namespace {

constexpr char kTidyUp[] = "--tidy-up";

struct Signal {
  int number;
  std::string text;
};
const std::array<Signal, 3>& Signals() {
  static const std::array<Signal, 3> kSignals = {{{SIGINT, std::to_string(SIGINT)},
                                                  {SIGTERM, std::to_string(SIGTERM)},
                                                  {SIGHUP, std::to_string(SIGHUP)}}};
  return kSignals;
}

sigset_t SetOfSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const Signal& signal : Signals()) sigaddset(&set, signal.number);
  return set;
}

/// The arguments behind the signal's number.
enum Word : uint8_t { kStrangers, kFolder, kDatabase, kCopy, kWords };
std::array<std::string, kWords> g_texts;
std::array<std::atomic<const char*>, kWords> g_words = {"", "", "", ""};
static_assert(std::atomic<const char*>::is_always_lock_free, "a signal handler reads it");

void Set(Word word, const std::string& text) {
  g_words[word] = "";
  g_texts[word] = text;
  if (!text.empty()) g_words[word] = g_texts[word].c_str();
}

std::vector<std::string> Children() {
  std::ifstream file("/proc/thread-self/children");
  std::vector<std::string> children;
  for (std::string child; file >> child;) children.push_back(child);
  return children;
}

extern "C" void BecomeTidier(int number) {
  const char* text = "";
  for (const Signal& signal : Signals()) {
    if (signal.number == number) text = signal.text.c_str();
  }
  const char* words[] = {"ignite-pack",       kTidyUp,          text,
                         g_words[kStrangers], g_words[kFolder], g_words[kDatabase],
                         g_words[kCopy],      nullptr};
  (void)execve("/proc/self/exe", const_cast<char**>(words), environ);
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

/// All that we have started, with their process groups; what those leave becomes a child of ours,
/// and ends too. Not what whoever started us had for children in this process before.
void EndChildren(const std::vector<std::string>& strangers) {
  (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  for (bool has_ended = true; has_ended;) {
    has_ended = false;
    for (const std::string& child : Children()) {
      if (std::find(strangers.begin(), strangers.end(), child) != strangers.end()) continue;
      auto pid = static_cast<pid_t>(ParseNumber(child).value_or(0));
      if (pid <= 1 || kill(getpgid(pid) == pid ? -pid : pid, SIGKILL) != 0) continue;
      has_ended = waitpid(pid, nullptr, 0) == pid || has_ended;
    }
  }
}

}  // namespace

void TidyUpOnSignals() {
  std::string strangers;
  for (const std::string& child : Children()) strangers += (strangers.empty() ? "" : ",") + child;
  Set(kStrangers, strangers);
  struct sigaction action {};
  action.sa_handler = BecomeTidier;
  // All stay held in the program that comes: a second signal, as timeout(1) sends it, does not
  // disturb it.
  action.sa_mask = SetOfSignals();
  for (const Signal& signal : Signals()) {
    struct sigaction now {};
    if (sigaction(signal.number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
      (void)sigaction(signal.number, &action, nullptr);
  }
}

bool IsTidier(const std::vector<std::string>& words) {
  return words.size() == 2 + kWords && words[0] == kTidyUp;
}

int RunTidier(const std::vector<std::string>& words) {
  auto number = static_cast<int>(ParseNumber(words[1]).value_or(SIGTERM));
  auto word = [&](Word which) -> const std::string& { return words[2 + which]; };
  EndChildren(SplitList(word(kStrangers)));
  if (!word(kFolder).empty()) (void)MakePosixFileSystem()->RemoveTree(word(kFolder));
  if (!word(kCopy).empty()) {
    (void)migrations::OpenDatabase(migrations::Engine::kPostgresql, word(kDatabase))
        ->DropCopy(word(kCopy));
  }
  (void)raise(number);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, number);
  (void)sigprocmask(SIG_UNBLOCK, &ends, nullptr);
  return 128 + number;
}

RemovedOnSignal::RemovedOnSignal(const std::string& folder, const std::string& database,
                                 const std::string& copy) {
  Set(kFolder, folder);
  Set(kDatabase, database);
  Set(kCopy, copy);
}

RemovedOnSignal::~RemovedOnSignal() {
  for (Word word : {kFolder, kDatabase, kCopy}) Set(word, "");
}

SignalsHeld::SignalsHeld() {
  sigset_t set = SetOfSignals();
  (void)pthread_sigmask(SIG_BLOCK, &set, &before_);
}

SignalsHeld::~SignalsHeld() { (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace ignite::packager
