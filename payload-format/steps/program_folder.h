// The folder of programs that a configuration or a migrations payload carries, as the two streams
// of a tree. SPEC.md section 10.6.
//
// Its files are root's and nobody else can write to them: they are run by an account that is not
// trusted. So the table has no owners, modes, hard links and privileges of its own choice.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "payload-format/steps/step.h"
#include "payload-format/tree/tree_rules.h"

namespace ignite::format {

struct ProgramFolder {
  static constexpr std::string_view kOwner = "root";
  static constexpr uint32_t kProgramMode = 0755;  ///< Of folders and executables.
  static constexpr uint32_t kFileMode = 0644;

  std::vector<Step> steps;
  uint64_t entries = 0;            ///< Of the file table.
  uint64_t bytes = 0;              ///< On disk: TreeSpec::DiskBytes of all entries.
  std::vector<std::string> texts;  ///< Further files that the type needs.

  /// Adds `steps`, `entries` and `bytes` to the spec of a payload.
  void AddTo(Json& spec) const;
  /// Takes them from `fields`. The caller has its Finish() to call first or last.
  static Result<ProgramFolder> Take(JsonFields& fields, const StepSuffixes& suffixes);

  /// `programs` must be executables of the folder; so must the files of steps that end in no
  /// suffix. The others, and `texts`, must be files.
  std::unique_ptr<TreeRules> Rules(const std::vector<std::string>& programs) const;
};

/// Whether the file of a step is run, rather than read: it has no suffix behind .up or .down.
bool IsProgramOfStep(std::string_view file);

}  // namespace ignite::format
