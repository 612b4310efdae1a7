// The payload type config: programs that make, change and check a configuration. SPEC.md section
// 10.7.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "payload-format/manifest/manifest.h"
#include "payload-format/steps/program_folder.h"

namespace ignite::format {

struct ConfigSpec {
  static constexpr std::string_view kType = "config";
  static constexpr std::string_view kComponents = "config/";  ///< What its components begin with.
  static constexpr std::string_view kGenerate = "generate";
  static constexpr std::string_view kCheck = "check";
  static bool BelongsTo(Kind kind) { return CarriesSoftware(kind); }
  /// The steps of a configuration are programs.
  static StepSuffixes Suffixes() { return {""}; }

  std::string path;                   ///< Where the component lives, as a tree does.
  std::vector<std::string> programs;  ///< generate, and check where there is one.
  ProgramFolder folder;

  bool HasCheck() const { return programs.size() > 1; }
  /// What the component takes on a probe: PATH/current and PATH/releases.
  std::vector<std::string> Places() const;

  Json ToJson() const;
  /// kCorrupt where a key or value is not one of the format.
  static Result<ConfigSpec> FromJson(const Json& json);
  /// For whoever takes such a payload from a manifest: component, streams and spec.
  static Result<> Check(const PayloadInfo& payload);
};

}  // namespace ignite::format
