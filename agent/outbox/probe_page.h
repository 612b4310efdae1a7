// PROBE.txt and PROBE.json, and the value that they and PROBE.html (probe_html.h) are made of: what
// this probe is and runs, for whoever sees the outbox and nothing else of it. What there is to say
// is one value, apart from how it is written.
#pragma once

#include <string>
#include <vector>

#include "agent/engine/report.h"

namespace ignite::outbox {

/// An upload that lies in the inbox and is not being installed.
struct WaitingUpload {
  std::string bundle;
  std::string why;  ///< Without what changes by the second, such as a percentage.
  bool operator==(const WaitingUpload&) const = default;
};

/// Of one file system.
struct FreeSpace {
  std::string path;  ///< A folder of it.
  uint64_t bytes = 0;
  uint64_t inodes = 0;
};

/// That of the deployment that runs.
struct Licence {
  bool is_there = false;
  bool has_ended = false;
  std::string until;  ///< Its last day; empty where it has no end.
};

/// A page tells of so many waiting uploads one by one.
inline constexpr size_t kUploadsShown = 20;

struct ProbePage {
  const engine::Settings& settings;
  engine::Snapshot snapshot;
  Json status;  ///< The document of `ignite status --json`.
  Licence licence;
  std::vector<engine::TransactionRecord> verdicts;  ///< The last ones, newest first.
  std::vector<WaitingUpload> uploads;
  std::vector<FreeSpace> space;
  std::vector<format::Note> notes;  ///< Of the release that runs.
};

/// 4321 -> 4000
uint64_t FirstDigit(uint64_t number);

/// A screen, and the same in French below it; all but when it was written. Free space is told by
/// its first digit alone, and of a transaction under way its state, so that the text of a probe at
/// rest does not change.
std::string ProbeText(const ProbePage& page);
Json ProbeJson(const ProbePage& page, int64_t now);

}  // namespace ignite::outbox
