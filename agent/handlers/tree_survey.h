// Reads a folder of the probe as a tree of a bundle would be: for an adoption.
#pragma once

#include <string>
#include <vector>

#include "agent/engine/handler.h"
#include "agent/handlers/accounts.h"
#include "base/file_system.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::handlers {

struct TreeSurvey {
  std::vector<format::TreeEntry> entries;  ///< In the order of a table.
  format::TreeSpec spec;                   ///< Without units and links.
};

/// `host_folder` is where the folder `path` of the probe lies. Leaves out its `releases` and
/// `current`, which are ignite's. What escapes the tree or has privileges is listed as allowed:
/// it runs already. kRefused names what a tree cannot hold.
Result<TreeSurvey> SurveyTree(FileSystem& files, const Accounts& accounts, const std::string& path,
                              const std::string& host_folder);

/// Hands what was surveyed to the staging of a tree. kCorrupt where a file has changed since.
Result<> CopyTree(FileSystem& files, const TreeSurvey& survey, const std::string& host_folder,
                  engine::Staging& staging);

}  // namespace ignite::handlers
