// Packs a folder of programs: what a configuration or a migrations payload is made of.
//
// Every entry becomes root's and 0755 or 0644, whatever it was on the build machine. What such a
// folder cannot hold (format::ProgramFolder) is a fault that names the file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "packager/payload_type.h"
#include "packager/tree_packing.h"
#include "payload-format/steps/program_folder.h"

namespace ignite::packager {

/// The text of a file right in the folder; nullopt where there is none.
using ReadText = std::function<Result<std::optional<std::string>>(const std::string& name)>;

struct ProgramFolderSource {
  TreeOrigin origin;
  format::StepSuffixes suffixes;      ///< Of the files of steps.
  std::vector<std::string> required;  ///< Programs right in the folder.
  std::vector<std::string> optional;  ///< Those that must be executable where they are there.
  /// Looks into the files before they are packed; null where the names say all.
  std::function<Result<>(const std::vector<format::Step>& steps, const ReadText& read,
                         TreeFaults& faults)>
      look = {};
};

struct PackedPrograms {
  format::ProgramFolder folder;
  std::vector<std::string> programs;  ///< Of required and optional those that are there.
  PayloadContent content;             ///< Without the spec; its version is the last step's number.
};

/// After new faults the result is of no use.
Result<PackedPrograms> PackPrograms(const ProgramFolderSource& source,
                                    const CollectContext& context, std::vector<Fault>& faults);

/// Writes the files of a source that was packed to the new folder `folder`, as a probe has them but
/// for their owner, which is us.
Result<> UnpackPrograms(const ProgramFolderSource& source, const CollectContext& context,
                        const std::string& folder);

}  // namespace ignite::packager
