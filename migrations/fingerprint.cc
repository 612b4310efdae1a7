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

std::string FirstDifferentLine(const std::vector<std::string>& before,
                               const std::vector<std::string>& after) {
  for (const std::string& line : before) {
    if (std::find(after.begin(), after.end(), line) != after.end()) continue;
    auto other = std::find_if(after.begin(), after.end(), [&](const std::string& candidate) {
      return NameIn(candidate) == NameIn(line);
    });
    if (other == after.end()) return StrCat("'", Shown(line, 0), "' is gone");
    auto places = std::mismatch(line.begin(), line.end(), other->begin(), other->end());
    auto place = static_cast<size_t>(places.first - line.begin());
    return StrCat("'", Shown(line, place), "' became '", Shown(*other, place), "'");
  }
  for (const std::string& line : after) {
    if (std::find(before.begin(), before.end(), line) == before.end())
      return StrCat("'", Shown(line, 0), "' is new");
  }
  return "the order of its parts changed";
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

std::string FirstDifference(const std::string& schema_before, const std::string& schema_after) {
  return FirstDifferentLine(LinesOf(schema_before), LinesOf(schema_after));
}

std::string FirstDifference(const Fingerprint& before, const Fingerprint& after) {
  if (before.schema != after.schema) return FirstDifference(before.schema, after.schema);
  return FirstDifferentLine(before.tables, after.tables);
}

Result<> CheckLeadsBack(const Fingerprint& before, const Fingerprint& back) {
  if (back == before) return {};
  return Error{
      ErrorCode::kRefused,
      StrCat("up and down again does not lead back to the start: ", FirstDifference(before, back)),
      "correct the down of the step, or mark the step '-- ignite: lossy'"};
}

}  // namespace ignite::migrations
