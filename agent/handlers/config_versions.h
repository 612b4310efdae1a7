// Every version of a configuration that this probe had, below /var/lib/ignite/config: a copy, its
// hash and who made it. Version 0 of a release is what its bundle made of the one before; each hand
// edit that was found is one more. They stay as long as the release, for root alone.
#pragma once

#include <string>
#include <vector>

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::handlers {

class ConfigVersions {
 public:
  ConfigVersions(FileSystem& files, const engine::ProbePaths& paths)
      : files_(files), paths_(paths) {}

  /// Oldest first, "RELEASE", "RELEASE.1", ...; empty where the release was not made here.
  Result<std::vector<engine::KeptVersion>> List(const engine::ComponentRecord& record) const;
  /// Host path of the copy of the version at this place of the list.
  std::string Folder(const engine::ComponentRecord& record, size_t number) const;

  /// Version 0, whatever was kept of the release before: `folder` was made of a configuration with
  /// the hash `base`, empty for none.
  Result<> RecordMade(const engine::ComponentRecord& record, const std::string& folder,
                      const std::string& base);
  /// One more where `folder` is not what the last one was. OK where nothing of the release is here.
  Result<> RecordEdits(const engine::ComponentRecord& record, const std::string& folder);

  /// Of a release that may go: what was edited by hand in it last stays, in place of what stayed so
  /// before.
  Result<> KeepReplaced(const engine::ComponentRecord& record);
  /// Host path of the folder with that; nullopt where there is none of this release.
  Result<std::optional<std::string>> Replaced(const engine::ComponentRecord& record) const;

  /// The base of a release that was made and never active; nullopt once SetActivated was called.
  Result<std::optional<std::string>> Base(const engine::ComponentRecord& record) const;
  Result<> SetActivated(const engine::ComponentRecord& record);
  Result<> Discard(const engine::ComponentRecord& record);

 private:
  std::string Home(const engine::ComponentRecord& record) const;
  std::string ReplacedPath(const engine::ComponentRecord& record) const;
  std::string RecordPath(const engine::ComponentRecord& record, size_t number) const;
  Result<Json> ReadRecord(const engine::ComponentRecord& record, size_t number) const;
  Result<> Keep(const engine::ComponentRecord& record, size_t number, const std::string& folder,
                Json about);

  FileSystem& files_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
