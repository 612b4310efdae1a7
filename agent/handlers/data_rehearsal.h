// Tries a course on a copy of the database, while staging: up, the database's own checks, back,
// compared with the start, and up again.
#pragma once

#include "agent/engine/settings.h"
#include "agent/handlers/data_mover.h"
#include "agent/handlers/data_snapshots.h"
#include "agent/handlers/database_notes.h"
#include "base/clock.h"

namespace ignite::handlers {

class DataRehearsal {
 public:
  DataRehearsal(FileSystem& files, Clock& clock, const engine::Settings& settings,
                const DatabaseAccess& databases, DataMover& mover, DataSnapshots& snapshots,
                DatabaseNotes& notes)
      : files_(files),
        clock_(clock),
        settings_(settings),
        databases_(databases),
        mover_(mover),
        snapshots_(snapshots),
        notes_(notes) {}

  /// `state` is that of the database now. kRefused says which step fails. What it took is noted.
  Result<> Run(const DatabasePlace& place, const migrations::DatabaseState& state,
               const Course& course, const engine::Change& change, const engine::Watch& watch);
  /// What one that was cut off has left: its folder stays as long as the copy does.
  Result<> Drop(const DatabasePlace& place, const std::string& component);

 private:
  /// Gives the bytes of the copy.
  Result<uint64_t> RunOn(const DatabasePlace& copy, const Course& course,
                         const engine::Change& change, const engine::Watch& watch);
  std::string Folder(const std::string& component) const;

  FileSystem& files_;
  Clock& clock_;
  const engine::Settings& settings_;
  const DatabaseAccess& databases_;
  DataMover& mover_;
  DataSnapshots& snapshots_;
  DatabaseNotes& notes_;
};

}  // namespace ignite::handlers
