// The licence of the deployment that runs, and whether it holds today.
#pragma once

#include <optional>
#include <string>

#include "agent/engine/report.h"
#include "payload-format/licence/licence_spec.h"

namespace ignite::cli {

struct RunningLicence {
  engine::ComponentRecord record;
  format::LicenceSpec spec;
  bool has_ended = false;
};

/// nullopt where the probe has none. Today is that of the clock, or the latest day that a committed
/// licence was issued on: a clock that is turned back does not extend one.
Result<std::optional<RunningLicence>> FindLicence(const engine::Snapshot& snapshot, Clock& clock);

/// "none", "valid" or "ended".
std::string_view LicenceState(const std::optional<RunningLicence>& licence);
/// "none", "valid until 2027-12-31", "valid, without an end", "ended on 2027-12-31"
std::string LicenceStateText(const std::optional<RunningLicence>& licence);

}  // namespace ignite::cli
