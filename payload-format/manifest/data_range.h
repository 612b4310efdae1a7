// The versions of a data component that a payload can read: "data/main 17..20". SPEC.md section
// 8.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ignite::format {

struct DataRange {
  std::string component;  ///< data/NAME
  std::string from;
  std::string to;  ///< Inclusive, not below `from`.

  bool operator==(const DataRange&) const = default;
  /// A range, or one version: "data/log 3".
  static std::optional<DataRange> Parse(std::string_view text);
  std::string ToString() const;
  bool Holds(std::string_view version) const;
};

/// Whether the component is data/NAME.
bool IsDataComponent(std::string_view component);

/// The value of `reads`: of a payload, and of what a probe has recorded of it.
Json ToJson(const std::vector<DataRange>& reads);
/// kCorrupt names what is wrong; `where` names the list in it.
Result<std::vector<DataRange>> ReadsFromJson(const Json& json, const std::string& where);

}  // namespace ignite::format
