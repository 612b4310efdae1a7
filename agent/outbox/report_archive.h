// The archive of a failure report: a few texts as a tar in a zstd frame, within bounds.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace ignite::outbox {

struct ReportPart {
  std::string name;  ///< At most 90 bytes.
  std::string text;
};

struct ReportBounds {
  size_t part = 1024 * 1024;
  size_t all = 8 * 1024 * 1024;  ///< Before compression.
};

/// In their order: where all would be too much, the later ones give way. Of a text that is too long
/// its end stays, and its first line says so.
Bytes PackReport(const std::vector<ReportPart>& parts, const ReportBounds& bounds = {});

}  // namespace ignite::outbox
