#include "migrations/rehearsal.h"

#include "base/str_cat.h"

namespace ignite::migrations {
namespace {

constexpr std::string_view kCopyPrefix = "ignite_rehearsal_";
constexpr size_t kLongestName = 63;

}  // namespace

Result<> Rehearse(Database& copy, const Move& move, WayBack back, const RunOnCopy& run) {
  Fingerprint before = TRY(copy.Examine());
  TRY(run(move));
  Fingerprint after = TRY(copy.Examine());
  // What needs a snapshot to go back has no other way that could be tried.
  if (back == WayBack::kSnapshot) return {};
  TRY(run(Reversed(move)));
  Fingerprint start;
  if (TRY(copy.Read()).exists) start = TRY(copy.Examine());
  TRY(CheckLeadsBack(before, start));
  TRY(run(move));
  Fingerprint again = TRY(copy.Examine());
  if (again.schema == after.schema) return {};
  return Error{ErrorCode::kRefused,
               StrCat("up, down and up again does not lead to the same schema: ",
                      FirstDifference(after, again)),
               "correct the down of the step"};
}

std::string AddressOfCopy(std::string_view address, std::string_view database) {
  // Of two words of the same key the last one counts.
  return StrCat(address, " dbname=", StrCat(kCopyPrefix, database).substr(0, kLongestName));
}

}  // namespace ignite::migrations
