#include "agent/handlers/migration_words.h"

#include <algorithm>

#include "agent/engine/report.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

using migrations::Copy;
using migrations::Direction;
using migrations::Step;

/// More are named by the first and the last.
constexpr size_t kMostNamed = 5;

std::string NameOf(const Step& step) { return StrCat(step.number, "_", Printable(step.name, 80)); }

std::string NamesOf(const std::vector<Step>& steps) {
  if (steps.size() > kMostNamed) {
    return StrCat(NameOf(steps.front()), " to ", NameOf(steps.back()), " (", steps.size(),
                  " steps)");
  }
  std::vector<std::string> names;
  for (const Step& step : steps) names.push_back(NameOf(step));
  return Joined(names);
}

std::string NameOf(const DatabaseWords& database) {
  return StrCat(database.name,
                database.bytes ? StrCat(" (", SizeInWords(*database.bytes), ")") : "");
}

std::string TimeInWords(Clock::Milliseconds time) {
  return DurationInWords(std::chrono::ceil<std::chrono::seconds>(time));
}

std::string_view WhyNoWayBack(const Step& step) {
  if (step.is_program) return " is a program";
  if (step.traits.non_transactional) return " runs outside a transaction";
  return step.down ? " has no way back that keeps everything" : " has no way back";
}

std::string WhySnapshot(const Course& course) {
  if (course.restores) return "to come back to it if the trial fails";
  if (course.move.direction == Direction::kDown)
    return "because downs may take away what no step brings back";
  auto step = std::find_if(course.move.steps.begin(), course.move.steps.end(),
                           [](const Step& each) { return !each.IsReversible(); });
  return StrCat("because step ", NameOf(*step), WhyNoWayBack(*step));
}

/// "a whole copy", "a copy of the schema alone, because ...", "no copy, because ..."
std::string CopyInWords(const Copy& copy) {
  if (copy.kind == Copy::Kind::kWhole) return "a whole copy";
  return StrCat(copy.kind == Copy::Kind::kSchema ? "a copy of the schema alone" : "no copy",
                ", because ", Printable(copy.why));
}

}  // namespace

std::vector<std::string> ActivationWords(const DatabaseWords& database, const Course& course,
                                         const std::optional<KeptSnapshot>& snapshot) {
  std::vector<std::string> words;
  if (course.needs_snapshot) {
    words.push_back(StrCat("keep a snapshot of ", NameOf(database), ", ", WhySnapshot(course)));
  }
  std::string move =
      course.move.to_release.empty()
          ? StrCat("take ", database.component, " away: ")
          : StrCat("move ", database.component, " to version ", course.move.to_version, ": ");
  if (course.restores) {
    move += StrCat("restore the snapshot of ", engine::TimeText(snapshot->taken), " into ",
                   database.name, "; what was written since is lost");
  } else if (course.move.steps.empty()) {
    move += "there is no step to run";
  } else if (course.move.direction == Direction::kDown) {
    move += StrCat("take ", NamesOf(course.move.steps), " back in ", database.name);
  } else {
    move += StrCat("apply ", NamesOf(course.move.steps), " to ", database.name);
  }
  words.push_back(std::move(move));
  return words;
}

std::string RehearsalWords(const DatabaseWords& database, const Course& course,
                           const std::optional<Rehearsal>& last) {
  std::string words =
      StrCat("rehearse ", NamesOf(course.move.steps), " on a copy of ", NameOf(database));
  if (!last) return words;
  words += "; the last one ";
  if (last->copy.kind != Copy::Kind::kWhole) words += StrCat("had ", CopyInWords(last->copy));
  if (last->copy.kind == Copy::Kind::kNone) return words;
  if (last->copy.kind == Copy::Kind::kSchema) words += ", and ";
  return words + StrCat("took ", TimeInWords(last->took), " and ", SizeInWords(last->bytes));
}

std::string ProgressWords(const migrations::Move& move, size_t begun) {
  if (move.steps.empty()) return "moving the data";
  size_t number = std::clamp<size_t>(begun, 1, move.steps.size());
  return StrCat(move.direction == Direction::kUp ? "applying " : "taking back ",
                NameOf(move.steps[number - 1]), " (", number, " of ", move.steps.size(), ")");
}

std::string RehearsalRemark(const std::string& component, const Rehearsal& rehearsal) {
  if (rehearsal.copy.kind == Copy::Kind::kNone) {
    return StrCat("the steps of ", component,
                  " were not rehearsed, for there was no copy: ", Printable(rehearsal.copy.why));
  }
  return StrCat("the steps of ", component, " were rehearsed on ", CopyInWords(rehearsal.copy),
                "; it took ", TimeInWords(rehearsal.took), " and ", SizeInWords(rehearsal.bytes));
}

std::string DriftWords(std::vector<std::string> differences) {
  size_t more = differences.size() - std::min(differences.size(), kMostNamed);
  differences.resize(differences.size() - more);
  if (more > 0) differences.push_back(StrCat(more, " more, which 'ignite verify' names"));
  return Joined(differences);
}

std::string LossRemark(const format::MigrationsSpec& spec, const Replaced& replaced,
                       const std::string& path) {
  std::string lost =
      StrCat("what was written to ", spec.database, " since ", engine::TimeText(replaced.since),
             " is no longer in it, for its snapshot of then was restored");
  if (replaced.file.empty())
    return StrCat(lost, "; it could not be kept: ", Printable(replaced.why));
  std::string_view opens =
      EngineOf(spec) == migrations::Engine::kSqlite ? "sqlite3 " : "pg_restore --dbname=ANOTHER ";
  return StrCat(lost, "; it is kept, and opened by: ", opens, path);
}

}  // namespace ignite::handlers
