#include "agent/handlers/data_rehearsal.h"

#include "base/str_cat.h"
#include "migrations/rehearsal.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::Watch;
using migrations::Copy;

}  // namespace

std::string DataRehearsal::Folder(const std::string& component) const {
  return notes_.Folder(component) + "/rehearsal";
}

Result<> DataRehearsal::Drop(const DatabasePlace& place, const std::string& component) {
  std::string folder = Folder(component);
  if (!TRY(files_.Inspect(folder))) return {};
  TRY(databases_.Open(place)->DropCopy(DatabaseAccess::CopyOf(place, folder).address));
  return files_.RemoveTree(folder);
}

Result<> DataRehearsal::Run(const DatabasePlace& place, const migrations::DatabaseState& state,
                            const Course& course, const Change& change, const Watch& watch) {
  const std::string& component = change.any().component;
  std::string folder = Folder(component);
  TRY(snapshots_.MakeFolder(folder, place));
  DatabasePlace copy = DatabaseAccess::CopyOf(place, folder);
  uint64_t room = TRY(databases_.RoomOnServer(state));
  bool is_optional = settings_.rehearse == engine::Rehearse::kPreferred;
  Clock::Milliseconds begin = clock_.BootTime();
  auto made =
      databases_.Open(place, Telling(watch, StrCat("copying ", place.name, " for the rehearsal")))
          ->MakeCopy(copy.address, room);
  Rehearsal rehearsal{change.any().release, made ? *made : Copy{Copy::Kind::kNone, {}}};
  Result<> tried;
  if (rehearsal.copy.kind != Copy::Kind::kNone) {
    auto bytes = RunOn(copy, course, change, watch);
    if (bytes) {
      rehearsal.bytes = *bytes;
    } else {
      tried = std::move(bytes).error();
    }
  } else if (!made) {
    bool is_excused = is_optional && made.error().code == ErrorCode::kNoSpace;
    rehearsal.copy.why = made.error().cause;
    if (!is_excused) tried = made.error();
  } else if (!is_optional) {
    tried = Error{ErrorCode::kRefused, StrCat("there is no copy to try it on: ", made->why),
                  "correct that, or set 'rehearse = prefer' in [policy] of agent.ini"};
  }
  rehearsal.took = clock_.BootTime() - begin;
  TRY(Drop(place, component));
  if (tried) {
    notes_.Write(component, rehearsal);
    return {};
  }
  return std::move(tried).error().With(
      StrCat("the rehearsal on a copy of ", place.name, " failed"));
}

Result<uint64_t> DataRehearsal::RunOn(const DatabasePlace& place, const Course& course,
                                      const Change& change, const Watch& watch) {
  auto back = course.needs_snapshot ? migrations::WayBack::kSnapshot : migrations::WayBack::kDowns;
  Watch steps = [&](const std::string& doing) { return watch(StrCat("rehearsing: ", doing)); };
  TRY(migrations::Rehearse(
      *databases_.Open(place, Telling(watch, "rehearsing: comparing")), course.move, back,
      [&](const migrations::Move& move) { return mover_.Run(place, move, change, steps); }));
  return TRY(databases_.SizeOf(place)).value_or(0);
}

}  // namespace ignite::handlers
