// ignite-init: the first process of a container with two slots. It chooses one, makes it the root
// and becomes its init.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "agent/init/container_deadline.h"
#include "agent/init/entry.h"
#include "agent/init/new_root.h"
#include "base/str_cat.h"

namespace ignite::init {
namespace {

constexpr const char* kInit = "/sbin/init";

void Say(std::string_view text) {
  (void)std::fprintf(stderr, "ignite-init: %.*s\n", static_cast<int>(text.size()), text.data());
}

/// For the agent in the slot.
Result<> TellSlot(FileSystem& files, engine::Slot slot) {
  std::string path(engine::kEnteredSlot);
  TRY(files.MakeDirectories(ParentOf(path), 0755));
  return files.WriteAtomically(path, AsBytes(StrCat(engine::SlotName(slot), "\n")), 0644);
}

/// Does not return where the slot's init runs.
Result<> Enter(FileSystem& files, const Entry& entry, char** arguments) {
  TRY(EnterSlot(entry.slot));
  TRY(TellSlot(files, entry.slot));
  pid_t deadline = 0;
  if (entry.on_trial) deadline = TRY(StartDeadline(entry.slot, entry.deadline_seconds));
  (void)execv(kInit, arguments);
  Error error = SystemError(StrCat("starting ", kInit), errno);
  if (deadline > 0) {
    (void)kill(deadline, SIGKILL);
    (void)waitpid(deadline, nullptr, 0);
  }
  return error;
}

int Main(char** arguments) {
  if (getpid() != 1) {
    Say("this is for the first process of a container, see ignite-init(8)");
    return 2;
  }
  auto files = MakePosixFileSystem();
  const std::string slot_file(engine::kSlotFile);
  Entry entry = ChooseEntry(*files, slot_file);
  if (!entry.complaint.empty()) Say(entry.complaint);
  Result<> entered = Enter(*files, entry, arguments);
  Say(StrCat("slot ", engine::SlotName(entry.slot), ": ", entered.error().ToString()));
  if (entry.on_trial) {
    Result<> given_up = GiveUpTrial(*files, slot_file);
    if (!given_up) Say(given_up.error().ToString());
  }
  // The other one is the good one after a trial, else the last hope.
  Entry other{.slot = OtherThan(entry.slot)};
  entered = Enter(*files, other, arguments);
  Say(StrCat("slot ", engine::SlotName(other.slot), ": ", entered.error().ToString()));
  return 1;
}

}  // namespace
}  // namespace ignite::init

int main(int /*count*/, char** arguments) { return ignite::init::Main(arguments); }
