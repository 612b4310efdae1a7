#include "agent/init/new_root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <vector>

#include "agent/engine/slot_file.h"
#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"

namespace ignite::init {
namespace {

constexpr std::string_view kData = "/data";
constexpr std::string_view kRun = "/run";

/// What is mounted right on the root's own mount, in its order. Of /proc/self/mountinfo.
Result<std::vector<std::string>> MountsBelowRoot() {
  constexpr size_t kLimit = 4 * 1024 * 1024;
  auto files = MakePosixFileSystem();
  std::istringstream lines(TRY(files->ReadFile("/proc/self/mountinfo", kLimit)));
  std::string root;
  struct Mount {
    std::string parent;
    std::string place;
  };
  std::vector<Mount> mounts;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id;
    std::string device;
    std::string source;
    Mount mount;
    words >> id >> mount.parent >> device >> source >> mount.place;
    if (mount.place == "/") root = id;
    mounts.push_back(std::move(mount));
  }
  std::vector<std::string> places;
  for (Mount& mount : mounts)
    if (mount.parent == root && mount.place != "/") places.push_back(std::move(mount.place));
  return places;
}

/// A copy of what is mounted at a place, with all below it, that is mounted nowhere yet.
struct Carried {
  std::string place;
  UniqueFd mount;
};

Result<Carried> Carry(std::string place) {
  UniqueFd mount(
      open_tree(AT_FDCWD, place.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!mount) return SystemError(StrCat("copying the mount of ", place), errno);
  return Carried{std::move(place), std::move(mount)};
}

Result<std::vector<Carried>> CarryAll() {
  std::vector<std::string> places = TRY(MountsBelowRoot());
  for (std::string_view ours : {engine::kSlotsFolder, kData}) {
    // Where it is a plain folder of the old root.
    bool is_there = access(std::string(ours).c_str(), F_OK) == 0;
    if (is_there && std::find(places.begin(), places.end(), ours) == places.end())
      places.emplace_back(ours);
  }
  std::vector<Carried> all;
  for (std::string& place : places) all.push_back(TRY(Carry(std::move(place))));
  return all;
}

Result<> Attach(const UniqueFd& mount, const std::string& place) {
  if (move_mount(mount.get(), "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0) return {};
  return SystemError(StrCat("mounting ", place), errno);
}

}  // namespace

Result<> EnterSlot(engine::Slot slot) {
  std::string root = StrCat(engine::kSlotsFolder, "/", engine::SlotName(slot));
  // pivot_root refuses where what happens to mounts here is told to the host.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return SystemError("making the mounts private", errno);
  std::vector<Carried> carried = TRY(CarryAll());
  Carried image = TRY(Carry(root));
  struct mount_attr read_only {};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  if (mount_setattr(image.mount.get(), "", AT_EMPTY_PATH, &read_only, sizeof read_only) != 0)
    return SystemError(StrCat("making ", root, " read-only"), errno);
  TRY(Attach(image.mount, root));

  bool has_run = false;
  for (const Carried& one : carried) {
    std::string place = root + one.place;
    // A slot without a place for it does without it.
    if (access(place.c_str(), F_OK) != 0) continue;
    TRY(Attach(one.mount, place));
    has_run |= one.place == kRun;
  }
  std::string run = StrCat(root, kRun);
  if (!has_run && mount("tmpfs", run.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
    return SystemError(StrCat("mounting ", run), errno);

  if (chdir(root.c_str()) != 0) return SystemError(StrCat("entering ", root), errno);
  // The old root comes to lie upon the new one, and goes.
  if (syscall(SYS_pivot_root, ".", ".") != 0)
    return SystemError(StrCat("making ", root, " the root"), errno);
  if (umount2(".", MNT_DETACH) != 0) return SystemError("leaving the old root", errno);
  if (chdir("/") != 0) return SystemError("entering the new root", errno);
  return {};
}

}  // namespace ignite::init
