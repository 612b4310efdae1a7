#include "migrations/fingerprint.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::migrations {
namespace {

constexpr size_t kShown = 200;

/// "table hosts: " of a line of a schema, "hosts: " of one of rows.
std::string_view NameIn(std::string_view line) {
  return line.substr(0, std::min(line.find(": "), line.size()));
}

/// A line that is too long to show begins near the place that matters.
std::string Shown(std::string_view line, size_t place) {
  if (line.size() <= kShown) return Printable(line, kShown);
  place = std::max(NameIn(line).size() + 2, place - std::min<size_t>(place, 40));
  return StrCat(NameIn(line), ": ...", Printable(line.substr(place), kShown / 2));
}

std::string Change(const std::string& before, const std::string& after) {
  auto places = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
  auto place = static_cast<size_t>(places.first - before.begin());
  return StrCat("'", Shown(before, place), "' became '", Shown(after, place), "'");
}

/// Of `lines`, those that are not among the others, in their order.
std::vector<std::string> Without(const std::vector<std::string>& lines,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> rest;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(rest), [&](const auto& line) {
    return std::find(others.begin(), others.end(), line) == others.end();
  });
  return rest;
}

/// At least one.
std::vector<std::string> DifferencesOf(const std::vector<std::string>& before,
                                       const std::vector<std::string>& after) {
  std::vector<std::string> differences;
  auto added = Without(after, before);
  for (const std::string& line : Without(before, after)) {
    auto other = std::find_if(added.begin(), added.end(), [&](const std::string& candidate) {
      return NameIn(candidate) == NameIn(line);
    });
    bool is_gone = other == added.end();
    differences.push_back(is_gone ? StrCat("'", Shown(line, 0), "' is gone")
                                  : Change(line, *other));
    if (!is_gone) added.erase(other);
  }
  for (const std::string& line : added)
    differences.push_back(StrCat("'", Shown(line, 0), "' is new"));
  if (differences.empty()) differences.emplace_back("the order of its parts changed");
  return differences;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

Result<Fingerprint> TakeFingerprint(SqlSession& session) {
  return Fingerprint{TRY(session.SchemaText()), TRY(session.TableContents())};
}

std::vector<std::string> Differences(const std::string& schema_before,
                                     const std::string& schema_after) {
  return DifferencesOf(LinesOf(schema_before), LinesOf(schema_after));
}

std::string FirstDifference(const Fingerprint& before, const Fingerprint& after) {
  if (before.schema != after.schema) return Differences(before.schema, after.schema).front();
  return DifferencesOf(before.tables, after.tables).front();
}

Result<> CheckLeadsBack(const Fingerprint& before, const Fingerprint& back) {
  if (back == before) return {};
  return Error{
      ErrorCode::kRefused,
      StrCat("up and down again does not lead back to the start: ", FirstDifference(before, back)),
      "correct the down of the step, or mark the step '-- ignite: lossy'"};
}

}  // namespace ignite::migrations
