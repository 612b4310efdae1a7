// A manifest for a person and for a program: the part that inspect and verify have in common.
#pragma once

#include <string>

#include "base/json.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::packager {

/// kind, product, version, ..., payloads with their sizes, health checks, notes.
Json ManifestToJson(const format::Manifest& manifest);

/// One line of a report: "  label        value".
std::string ReportLine(std::string_view label, std::string_view value);
/// The same facts as lines. Everything from the manifest is made safe to print.
std::string ManifestToText(const format::Manifest& manifest);

}  // namespace ignite::packager
