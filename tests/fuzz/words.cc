// The words of manifests and recipes, two lines at a time: versions and their order, names, units,
// paths, requirements, addresses and URLs, ranges of data, durations.

#include <algorithm>
#include <array>
#include <optional>

#include "base/ini.h"
#include "payload-format/data/database_address.h"
#include "payload-format/manifest/data_range.h"
#include "payload-format/manifest/health_spec.h"
#include "payload-format/manifest/unit_name.h"
#include "payload-format/manifest/version.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

void CompareTwo(std::string_view a, std::string_view b) {
  Promise(format::CompareVersions(a, a) == 0, "a version equals itself");
  Promise((format::CompareVersions(a, b) < 0) == (format::CompareVersions(b, a) > 0),
          "the order of two versions has one answer");
  for (std::string_view relation : {"<", "<=", "=", ">=", ">"}) {
    auto requirement =
        format::Requirement::Parse(std::string("app/a ").append(relation).append(" ").append(b));
    Promise(requirement.has_value(), "a version can be required");
    auto order = format::CompareVersions(a, b);
    bool holds = (relation.find('=') != std::string_view::npos && order == 0) ||
                 (relation[0] == '<' && order < 0) || (relation[0] == '>' && order > 0);
    Promise(requirement->HoldsFor(a) == holds, "a requirement says what its relation says");
  }
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void ReadAddress(std::string_view word) {
  auto address = format::SplitAddress(word);
  bool valid = format::FindHealthType("tcp")->is_valid(word);
  Promise(valid == address.has_value(), "an address is valid where it can be split");
  if (!address) return;
  auto port = ParseNumber(address->port);
  Promise(port && *port >= 1 && *port <= 65535, "a port is one");
  Promise(!address->host.empty() && IsPrintable(address->host), "a host is printable");
}

void ReadDatabase(std::string_view word) {
  bool valid = format::IsPostgresqlAddress(word);
  for (std::string_view key : {"dbname", "user"}) {
    auto part = valid ? format::PartOfAddress(word, key) : std::nullopt;
    Promise(part.has_value() == valid, "an address names the database and its owner");
    if (valid) Promise(!part->empty() && IsPrintable(*part), "a part of an address is printable");
  }
}

void ReadRange(std::string_view word) {
  auto range = format::DataRange::Parse(word);
  if (!range) return;
  Promise(format::DataRange::Parse(range->ToString()) == range, "a range is the same");
  Promise(format::IsDataComponent(range->component), "a range is of data");
  Promise(range->Holds(range->from) && range->Holds(range->to), "a range has both its ends");
}

void ReadWord(std::string_view word) {
  if (auto requirement = format::Requirement::Parse(word)) {
    auto again = format::Requirement::Parse(requirement->ToString());
    Promise(again && again->ToString() == requirement->ToString(), "a requirement is the same");
    Promise(format::IsComponent(requirement->component), "a requirement has a component");
  }
  for (const format::HealthType& type : format::HealthTypes()) {
    if (type.is_valid(word)) Promise(IsPrintable(word), "a parameter is printable");
  }
  ReadAddress(word);
  ReadDatabase(word);
  ReadRange(word);
  if (format::IsUnitName(word))
    Promise(word.find('/') == std::string_view::npos && format::IsTreePath(word),
            "the name of a unit is that of a file");
  if (format::IsName(word)) Promise(format::IsTreePath(word), "a name can be one of a file");
  if (format::IsComponent(word)) Promise(format::IsTreePath(word), "a component can be a path");
  if (format::IsAccountName(word))
    Promise(word[0] != '-' && IsPrintable(word), "an account is no option of a program");
  if (format::IsProbePath(word)) Promise(format::IsTreePath(word.substr(1)), "a probe path");
  if (auto duration = ParseDuration(word)) Promise(*duration >= 0, "a duration is none below 0");
  for (const std::string& element : SplitList(word))
    Promise(!element.empty() && TrimSpace(element) == element, "an element is trimmed");
}

const Target kWords{"words", [](ByteView input) {
                      std::string_view text = AsText(input);
                      std::string_view first = text.substr(0, text.find('\n'));
                      std::string_view second =
                          text.substr(std::min(first.size() + 1, text.size()));
                      ReadWord(first);
                      ReadWord(second);
                      (void)format::LinkEscapes(first, second);
                      (void)SuggestWord(first, {second, "http", "tcp"});
                      if (format::IsVersion(first) && format::IsVersion(second))
                        CompareTwo(first, second);
                    }};

}  // namespace
}  // namespace ignite::fuzz
