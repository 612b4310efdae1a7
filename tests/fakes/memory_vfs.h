// SQLite's files on a MemoryDisk: databases and their journals lose power and meet faults as every
// other file does. The default of SQLite while it exists, so that the code under test opens its
// databases as it always does.
#pragma once

#include <memory>
#include <set>

#include "tests/fakes/call_watch.h"
#include "tests/fakes/memory_disk.h"

namespace ignite::fakes {

class MemoryVfs {
 public:
  MemoryVfs(MemoryDisk& disk, CallWatch& watch);
  ~MemoryVfs();
  MemoryVfs(const MemoryVfs&) = delete;
  MemoryVfs& operator=(const MemoryVfs&) = delete;

  enum class Sync : uint8_t { kDatabase, kJournal, kFolder };
  /// Syncs that do nothing, for tests of tests.
  std::set<Sync> ignored;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ignite::fakes
