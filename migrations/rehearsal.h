// The rehearsal of a move: on a copy of a database it is tried whether the way up and the way back
// do what they say.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "migrations/database.h"

namespace ignite::migrations {

/// Runs a move on the copy, and the programs of its steps.
using RunOnCopy = std::function<Result<>(const Move& move)>;

/// Whether the downs of the move's steps are to lead back. A snapshot does so whatever the steps
/// are, which proves nothing of them.
enum class WayBack : uint8_t { kDowns, kSnapshot };

/// Up, the database's own checks, back, compared with the start, and up again: the copy then stands
/// at the end of the move. kRefused says what fails, and leaves the copy anywhere.
Result<> Rehearse(Database& copy, const Move& move, WayBack back, const RunOnCopy& run);

/// Where the copy of a database of PostgreSQL is made, on the same server: `database` is the name
/// that its connection string has. `folder` is one that the caller has for its rehearsals alone:
/// with it the copy has a name that nobody else takes, and the same one for whoever comes to remove
/// what a rehearsal that was killed has left.
std::string AddressOfCopy(std::string_view address, std::string_view database,
                          std::string_view folder);

}  // namespace ignite::migrations
