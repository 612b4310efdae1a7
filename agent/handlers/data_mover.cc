#include "agent/handlers/data_mover.h"

#include "agent/handlers/bundle_program.h"
#include "agent/handlers/migration_course.h"
#include "agent/handlers/migration_words.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::Watch;
using migrations::Move;
using migrations::WatchWork;

constexpr std::chrono::hours kProgramTimeout{1};

}  // namespace

Result<> DataMover::RunProgram(const DatabasePlace& place, const Move& move, const Change& change,
                               const WatchWork& watch) {
  const migrations::Step& step = move.steps[0];
  bool is_up = move.direction == migrations::Direction::kUp;
  const engine::ComponentRecord& record = is_up ? *change.to : *change.from;
  DataRelease release = TRY(DataRelease::Of(record));
  for (const format::Step& named : release.spec.folder.steps) {
    if (named.number != static_cast<uint64_t>(step.number)) continue;
    Command command;
    command.arguments = {StrCat(programs_.Folder(record), "/", is_up ? named.up : named.down)};
    command.environment = {StrCat("IGNITE_DATABASE=", place.address),
                           StrCat("IGNITE_ROOT=", paths_.Root())};
    command.timeout = kProgramTimeout;
    command.confinement = DatabaseAccess::ConfinementFor(place);
    if (watch) command.watch = [&](std::string_view) { return watch(1); };
    return RunBundleProgram(process_, command);
  }
  return Error{ErrorCode::kInternal, StrCat("no release has the program of step ", step.number),
               "report this as a bug"};
}

Result<> DataMover::Run(const DatabasePlace& place, const Move& move, const Change& change,
                        const Watch& watch) {
  size_t done = 0;
  WatchWork work;
  if (watch) work = [&](size_t begun) { return watch(ProgressWords(move, done + begun)); };
  return migrations::RunInParts(
      move, [&](const Move& part) { return RunProgram(place, part, change, work); },
      [&](const Move& part) -> Result<> {
        TRY(databases_.Open(place, work)->Run(part));
        done += part.steps.size();
        return {};
      });
}

WatchWork Telling(const Watch& watch, std::string doing) {
  return [&watch, doing = std::move(doing)](size_t) { return watch(doing); };
}

}  // namespace ignite::handlers
