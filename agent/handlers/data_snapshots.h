// The copies of the database of a component that are kept: a snapshot for each change that no downs
// lead back over, and what the last restore of one has replaced.
#pragma once

#include "agent/engine/plan.h"
#include "agent/handlers/database_access.h"
#include "agent/handlers/database_notes.h"
#include "agent/handlers/migration_course.h"

namespace ignite::handlers {

class DataSnapshots {
 public:
  DataSnapshots(FileSystem& files, const DatabaseAccess& databases, DatabaseNotes& notes)
      : files_(files), databases_(databases), notes_(notes) {}

  /// "FROM_to_TO"
  static std::string NameOf(const engine::Change& change);
  /// What the database was when it left `from` for `to`: in the folder of the component, and on
  /// this host.
  static std::string FileOf(const engine::Change& change);
  /// Whether that of a change that left the release has this name.
  static bool IsOf(std::string_view name, const engine::ComponentRecord& left);
  std::string Path(const engine::Change& change) const;
  /// The newest that has what the database was when it left the release that the change leads to.
  Result<std::optional<KeptSnapshot>> Behind(const engine::Change& change) const;

  /// Holds the room of the snapshot that the change will need, until its folder is made anew or
  /// discarded.
  Result<> Reserve(const engine::Change& change, uint64_t bytes);
  /// A folder that the owner of the database can write to, for copies of it; made anew.
  Result<> MakeFolder(const std::string& folder, const DatabasePlace& place);
  /// Before the snapshot of `since` is restored keeps what the database is now. Where that cannot
  /// be, the note says why, and the restore goes on.
  void KeepReplaced(const engine::Change& change, const DatabasePlace& place, uint64_t bytes,
                    int64_t since);
  /// Those that lie next to a release.
  Result<> Discard(const engine::ComponentRecord& record);

 private:
  Result<> CopyReplaced(const std::string& path, const DatabasePlace& place, uint64_t bytes);

  FileSystem& files_;
  const DatabaseAccess& databases_;
  DatabaseNotes& notes_;
};

}  // namespace ignite::handlers
