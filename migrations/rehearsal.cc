#include "migrations/rehearsal.h"

#include "base/str_cat.h"

namespace ignite::migrations {
namespace {

constexpr std::string_view kCopyPrefix = "ignite_rehearsal_";
constexpr size_t kLongestName = 63;

/// FNV-1a: two copies on one server must not have the same name by chance.
std::string Mark(std::string_view folder) {
  static constexpr char kDigits[] = "0123456789abcdef";
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : folder) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  std::string mark;
  for (int shift = 60; shift >= 0; shift -= 4) mark.push_back(kDigits[(hash >> shift) & 15]);
  return mark;
}

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

std::string AddressOfCopy(std::string_view address, std::string_view database,
                          std::string_view folder) {
  std::string end = StrCat("_", Mark(folder));
  std::string name = StrCat(kCopyPrefix, database).substr(0, kLongestName - end.size());
  // Of two words of the same key the last one counts.
  return StrCat(address, " dbname=", name, end);
}

}  // namespace ignite::migrations
