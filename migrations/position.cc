#include "migrations/position.h"

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::migrations {
namespace {

std::string Place(std::string_view release, int64_t version) {
  if (release.empty()) return "unknown to ignite";
  return StrCat("at version ", version, " of the release ", Printable(release, 80));
}

}  // namespace

bool StandsAtEnd(const DatabaseState& state, const Move& move) {
  if (move.to_release.empty()) return !state.is_managed;
  return state.is_managed && state.release == move.to_release && state.version == move.to_version;
}

Result<> CheckStandsAtStart(const DatabaseState& state, const Move& move) {
  bool as_it_should = move.from_release.empty() ? !state.is_managed
                                                : state.release == move.from_release &&
                                                      state.version == move.from_version;
  if (as_it_should) return {};
  return Error{
      ErrorCode::kRefused,
      StrCat("the database is ", Place(state.release, state.version), ", and should be ",
             Place(move.from_release, move.from_version)),
      "something else than this probe moved the database: restore it, or remove its tables "
      "ignite_* and install with 'baseline ='"};
}

}  // namespace ignite::migrations
