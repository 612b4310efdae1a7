#include "tests/fakes/memory_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <new>
#include <string>

namespace ignite::fakes {

using Follow = MemoryDisk::Follow;
using Node = MemoryDisk::Node;
using NodePtr = MemoryDisk::NodePtr;

/// Of one file, by all of its connections: the protocol of sqlite3.org/lockingv3.html.
struct Locks {
  int shared = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
};

struct MemoryVfs::State {
  State(MemoryVfs& owner_vfs, MemoryDisk& own_disk, CallWatch& own_watch)
      : owner(owner_vfs), disk(own_disk), watch(own_watch) {}

  MemoryVfs& owner;
  MemoryDisk& disk;
  CallWatch& watch;
  std::map<const Node*, Locks> locks;
  Random random{1};
  sqlite3_vfs vfs{};
};

namespace {

constexpr int kSectorSize = 4096;
constexpr double kSomeDay = 2'460'000.5;

struct File {
  sqlite3_file base;
  MemoryVfs::State* state;
  NodePtr node;
  std::string path;
  MemoryVfs::Sync kind;
  bool is_new;             ///< Its name is not synced yet.
  bool is_removed_behind;  ///< SQLITE_OPEN_DELETEONCLOSE
  int lock;
};

File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
MemoryVfs::State* Of(sqlite3_vfs* vfs) { return static_cast<MemoryVfs::State*>(vfs->pAppData); }

std::string FolderOf(const std::string& path) {
  return path.substr(0, std::max<size_t>(1, path.rfind('/')));
}

/// Whether the call fails; its effect may come first.
template <class Effect>
bool Fails(MemoryVfs::State& state, std::string_view call, Effect effect) {
  Fate fate = state.watch.Next(call);
  bool fails = fate.kind != Fate::Kind::kDone;
  if (!fails || (fate.kind == Fate::Kind::kFails && fate.late)) effect();
  return fails;
}

bool SyncFolderFails(MemoryVfs::State& state, const std::string& path) {
  return Fails(state, "db-fsync-folder", [&] {
    NodePtr folder = state.disk.Find(FolderOf(path), Follow::kAll).node;
    if (folder != nullptr && !state.owner.ignored.contains(MemoryVfs::Sync::kFolder))
      state.disk.Sync(folder);
  });
}

int Unlock(sqlite3_file* base, int wanted) {
  File* file = Of(base);
  Locks& locks = file->state->locks[file->node.get()];
  if (wanted < SQLITE_LOCK_RESERVED) {
    for (const void** holder : {&locks.reserved, &locks.pending, &locks.exclusive}) {
      if (*holder == file) *holder = nullptr;
    }
  }
  if (wanted == SQLITE_LOCK_NONE && file->lock > SQLITE_LOCK_NONE) --locks.shared;
  file->lock = std::min(file->lock, wanted);
  return SQLITE_OK;
}

int Lock(sqlite3_file* base, int wanted) {
  File* file = Of(base);
  Locks& locks = file->state->locks[file->node.get()];
  auto held_by_other = [&](const void* holder) { return holder != nullptr && holder != file; };
  if (file->lock >= wanted) return SQLITE_OK;
  if (file->state->watch.Next("db-lock").kind != Fate::Kind::kDone) return SQLITE_IOERR_LOCK;
  if (held_by_other(locks.pending) || held_by_other(locks.exclusive)) return SQLITE_BUSY;
  if (wanted == SQLITE_LOCK_SHARED) {
    ++locks.shared;
  } else if (wanted == SQLITE_LOCK_RESERVED) {
    if (held_by_other(locks.reserved)) return SQLITE_BUSY;
    locks.reserved = file;
  } else {
    locks.pending = file;
    if (locks.shared > 1) return SQLITE_BUSY;
    locks.exclusive = file;
  }
  file->lock = wanted;
  return SQLITE_OK;
}

int CheckReservedLock(sqlite3_file* base, int* is_reserved) {
  File* file = Of(base);
  *is_reserved = file->state->locks[file->node.get()].reserved != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int Close(sqlite3_file* base) {
  File* file = Of(base);
  (void)Unlock(base, SQLITE_LOCK_NONE);
  if (file->is_removed_behind && file->state->watch.Next("db-unlink").kind == Fate::Kind::kDone)
    (void)file->state->disk.Unlink(file->path);
  file->~File();
  return SQLITE_OK;
}

int Read(sqlite3_file* base, void* buffer, int size, sqlite3_int64 offset) {
  File* file = Of(base);
  if (file->state->watch.Next("db-read").kind != Fate::Kind::kDone) return SQLITE_IOERR_READ;
  const Bytes& content = file->node->content;
  auto begin = std::min<size_t>(static_cast<size_t>(offset), content.size());
  size_t count = std::min(static_cast<size_t>(size), content.size() - begin);
  auto* out = static_cast<std::byte*>(buffer);
  std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(begin), count, out);
  if (count == static_cast<size_t>(size)) return SQLITE_OK;
  std::memset(out + count, 0, static_cast<size_t>(size) - count);
  return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* base, const void* buffer, int size, sqlite3_int64 offset) {
  File* file = Of(base);
  ByteView bytes(static_cast<const std::byte*>(buffer), static_cast<size_t>(size));
  Fate fate = file->state->watch.Next("db-write");
  if (fate.kind == Fate::Kind::kDies) return SQLITE_IOERR_WRITE;
  bool fails = fate.kind == Fate::Kind::kFails;
  if (!fails || fate.late) {
    file->state->disk.Write(file->node, static_cast<uint64_t>(offset),
                            bytes.first(fails ? bytes.size() / 2 : bytes.size()));
  }
  if (!fails) return SQLITE_OK;
  return fate.error == ENOSPC || fate.error == EDQUOT ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int Truncate(sqlite3_file* base, sqlite3_int64 size) {
  File* file = Of(base);
  bool failed = Fails(*file->state, "db-truncate",
                      [&] { file->state->disk.Resize(file->node, static_cast<uint64_t>(size)); });
  return failed ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

int SyncFile(sqlite3_file* base, int) {
  File* file = Of(base);
  bool failed = Fails(*file->state, "db-fsync", [&] {
    if (!file->state->owner.ignored.contains(file->kind)) file->state->disk.Sync(file->node);
  });
  if (failed) {
    file->state->disk.Lose(file->node);
    return SQLITE_IOERR_FSYNC;
  }
  // As the VFS of Unix: the first sync of a new file makes its name durable.
  if (!file->is_new) return SQLITE_OK;
  if (SyncFolderFails(*file->state, file->path)) return SQLITE_IOERR_DIR_FSYNC;
  file->is_new = false;
  return SQLITE_OK;
}

int FileSize(sqlite3_file* base, sqlite3_int64* size) {
  File* file = Of(base);
  if (file->state->watch.Next("db-stat").kind != Fate::Kind::kDone) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(file->node->content.size());
  return SQLITE_OK;
}

int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file*) { return kSectorSize; }
int DeviceCharacteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

const sqlite3_io_methods kMethods{
    .iVersion = 1,
    .xClose = Close,
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = SyncFile,
    .xFileSize = FileSize,
    .xLock = Lock,
    .xUnlock = Unlock,
    .xCheckReservedLock = CheckReservedLock,
    .xFileControl = FileControl,
    .xSectorSize = SectorSize,
    .xDeviceCharacteristics = DeviceCharacteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* base, int flags, int* out_flags) {
  MemoryVfs::State* state = Of(vfs);
  base->pMethods = nullptr;
  std::string path = name == nullptr ? "" : name;
  NodePtr node;
  bool is_new = false;
  bool failed = Fails(*state, "db-open", [&] {
    if (path.empty()) {
      node = std::make_shared<Node>();
      return;
    }
    node = state->disk.Find(path, Follow::kAll).node;
    if (node != nullptr || (flags & SQLITE_OPEN_CREATE) == 0) return;
    is_new = state->disk.Create(path, FileInfo::Type::kFile, 0644, &node) == 0;
  });
  if (failed || node == nullptr) return SQLITE_CANTOPEN;
  bool is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  new (base) File{{&kMethods},
                  state,
                  std::move(node),
                  std::move(path),
                  is_database ? MemoryVfs::Sync::kDatabase : MemoryVfs::Sync::kJournal,
                  is_new,
                  (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
                  SQLITE_LOCK_NONE};
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int syncs_folder) {
  MemoryVfs::State* state = Of(vfs);
  int error = 0;
  if (Fails(*state, "db-unlink", [&] { error = state->disk.Unlink(name); }))
    return SQLITE_IOERR_DELETE;
  if (error != 0) return error == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
  if (syncs_folder != 0 && SyncFolderFails(*state, name)) return SQLITE_IOERR_DIR_FSYNC;
  return SQLITE_OK;
}

int Access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  MemoryVfs::State* state = Of(vfs);
  if (state->watch.Next("db-access").kind != Fate::Kind::kDone) return SQLITE_IOERR_ACCESS;
  NodePtr node = state->disk.Find(name, Follow::kAll).node;
  // As the VFS of Unix: an empty file does not count as one that exists.
  bool counts = node != nullptr && (flags != SQLITE_ACCESS_EXISTS || !node->content.empty());
  *result = counts ? 1 : 0;
  return SQLITE_OK;
}

int FullPathname(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int Randomness(sqlite3_vfs* vfs, int size, char* out) {
  for (int i = 0; i < size; ++i) out[i] = static_cast<char>(Of(vfs)->random.Next());
  return size;
}

int Sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int CurrentTime(sqlite3_vfs*, double* days) {
  *days = kSomeDay;
  return SQLITE_OK;
}

}  // namespace

MemoryVfs::MemoryVfs(MemoryDisk& disk, CallWatch& watch)
    : state_(std::make_unique<State>(*this, disk, watch)) {
  sqlite3_vfs& vfs = state_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(File);
  vfs.mxPathname = 512;
  vfs.zName = "ignite-memory";
  vfs.pAppData = state_.get();
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  vfs.xAccess = Access;
  vfs.xFullPathname = FullPathname;
  vfs.xRandomness = Randomness;
  vfs.xSleep = Sleep;
  vfs.xCurrentTime = CurrentTime;
  sqlite3_vfs_register(&vfs, 1);
}

MemoryVfs::~MemoryVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
}

}  // namespace ignite::fakes
