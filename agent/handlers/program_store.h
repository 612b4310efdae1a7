// The folders of programs that payloads of the types config and migrations bring: one for each
// release, /var/lib/ignite/programs/COMPONENT/RELEASE, with its file table as a tree has one. They
// stay as long as the release, for the way back.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
#include "agent/handlers/space_reserve.h"
#include "agent/handlers/tree_comparison.h"
#include "base/file_system.h"
#include "payload-format/steps/program_folder.h"

namespace ignite::handlers {

class ProgramStore {
 public:
  ProgramStore(FileSystem& files, const engine::ProbePaths& paths) : files_(files), paths_(paths) {}

  /// Host path of the folder of this release.
  std::string Folder(const engine::ComponentRecord& record) const;
  std::vector<engine::SpaceNeed> SpaceNeeds(const format::ProgramFolder& folder) const;
  Result<> Reserve(const engine::ComponentRecord& record, const format::ProgramFolder& folder);
  /// Takes the two streams, after removing what an earlier run left. `programs` must be in them.
  /// The staging ends with `then`, which may run what has come.
  Result<std::unique_ptr<engine::Staging>> Stage(const engine::ComponentRecord& record,
                                                 const format::ProgramFolder& folder,
                                                 const std::vector<std::string>& programs,
                                                 std::function<Result<>()> then);
  /// One line for each difference from what the bundle brought.
  Result<std::vector<std::string>> FindDifferences(const engine::ComponentRecord& record,
                                                   CompareWhat what) const;
  /// OK where nothing is there.
  Result<> Discard(const engine::ComponentRecord& record);

 private:
  SpaceReserve ReserveOf(const engine::ComponentRecord& record, uint64_t bytes) const;

  FileSystem& files_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
