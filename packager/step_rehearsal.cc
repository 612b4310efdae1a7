#include "packager/step_rehearsal.h"

#include <algorithm>

#include "base/process.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/rehearsal.h"

namespace ignite::packager {
namespace {

using migrations::DatabaseState;
using migrations::Direction;
using migrations::Move;
using migrations::Step;
using migrations::WayBack;

constexpr std::string_view kRelease = "rehearsal";
constexpr std::chrono::hours kProgramTimeout{1};

/// Why the step is tried upwards only; empty where its down is tried as well.
std::string_view WhyUpOnly(const Step& step) {
  if (!step.down) return "it has no down";
  return step.traits.lossy ? "it is lossy" : "";
}

class Trial {
 public:
  Trial(SampleCopy& copy, const StepsToTry& what) : copy_(copy), what_(what) {}

  Result<> Prepare() {
    made_ = TRY(copy_.Renew());
    state_ = TRY(copy_.database().Read());
    bool has_programs = std::any_of(what_.steps.begin(), what_.steps.end(),
                                    [](const Step& step) { return step.is_program; });
    return has_programs ? what_.unpack(Programs()) : Result<>();
  }
  const migrations::Copy& made() const { return made_; }
  /// Where the sample stands: as a probe takes a database that it meets.
  int64_t start() const {
    if (state_.is_managed) return state_.version;
    return state_.is_empty ? 0 : what_.baseline;
  }
  bool has_unknown_tables() const {
    return !state_.is_managed && !state_.is_empty && what_.baseline == 0;
  }

  /// One step by itself, from where the one before has led.
  Result<> TryStep(const Step& step) {
    Move move = from_version_ ? MoveFrom(std::string(kRelease), *from_version_, {step})
                              : MoveFrom(state_.release, start(), {step});
    auto tried = Try(move, WhyUpOnly(step).empty());
    from_version_ = step.number;
    if (tried) return {};
    std::string where = StrCat("step ", step.number, " ", Printable(step.name));
    if (!running_.empty()) where += StrCat(": '", running_, "'");
    return std::move(tried).error().With(where);
  }

  Result<> TryAll(const std::vector<Step>& steps) {
    TRY(copy_.Renew());
    bool leads_back = std::all_of(steps.begin(), steps.end(),
                                  [](const Step& step) { return WhyUpOnly(step).empty(); });
    auto tried = Try(MoveFrom(state_.release, start(), steps), leads_back);
    return tried ? Result<>() : std::move(tried).error().With("all steps at once");
  }

 private:
  std::string Programs() const { return StrCat(copy_.folder(), "/programs"); }

  Move MoveFrom(std::string release, int64_t version, std::vector<Step> steps) const {
    Move move;
    move.baseline = release.empty() ? version : 0;
    move.from_release = std::move(release);
    move.from_version = version;
    move.to_release = kRelease;
    move.to_version = steps.back().number;
    if (move.to_version == what_.steps.back().number) move.verify = what_.verify;
    move.steps = std::move(steps);
    return move;
  }

  Result<> Try(const Move& move, bool leads_back) {
    WayBack back = leads_back ? WayBack::kDowns : WayBack::kSnapshot;
    running_.clear();
    return migrations::Rehearse(copy_.database(), move, back, [&](const Move& part) -> Result<> {
      // What fails after a way back, the second way up as well, is the fault of the down.
      if (running_.empty() || part.direction == Direction::kDown)
        running_ = FileOf(part.steps.back(), part.direction);
      return migrations::RunInParts(
          part, [&](const Move& program) { return RunProgram(program); },
          [&](const Move& one) { return copy_.database().Run(one); });
    });
  }

  const std::string& FileOf(const Step& step, Direction direction) const {
    auto found = std::find_if(what_.files.begin(), what_.files.end(), [&](const auto& files) {
      return static_cast<int64_t>(files.number) == step.number;
    });
    return direction == Direction::kUp ? found->up : found->down;
  }

  Result<> RunProgram(const Move& move) {
    const std::string& file = FileOf(move.steps[0], move.direction);
    Command command;
    // A probe starts it in a folder that it can write to, too.
    command.arguments = {"env", "-C", copy_.folder(), StrCat(Programs(), "/", file)};
    command.environment = {StrCat("IGNITE_DATABASE=", copy_.address()),
                           StrCat("IGNITE_ROOT=", copy_.folder())};
    command.timeout = kProgramTimeout;
    Outcome outcome = TRY(MakeSystemProcess()->Run(command));
    command.arguments = {file};
    auto checked = CheckOutcome(command, outcome);
    if (checked) return {};
    return Error{ErrorCode::kRefused, checked.error().cause, checked.error().remedy};
  }

  SampleCopy& copy_;
  const StepsToTry& what_;
  migrations::Copy made_;
  DatabaseState state_;
  std::optional<int64_t> from_version_;  ///< Where the last step has led.
  std::string running_;                  ///< The file that is to blame.
};

Json DocumentOf(const Step& step) {
  Json json = Json::EmptyObject();
  std::string_view why = WhyUpOnly(step);
  json.Set("number", step.number).Set("name", step.name);
  json.Set("proved", why.empty() ? "both-ways" : "up-only");
  return why.empty() ? json : json.Set("why", why);
}

Rehearsal Tell(const Sample& sample, const Trial& trial, const std::vector<Step>& steps) {
  Rehearsal told;
  Json list = Json::EmptyArray();
  size_t up_only = 0;
  for (const Step& step : steps) {
    std::string_view why = WhyUpOnly(step);
    up_only += why.empty() ? 0 : 1;
    told.details.push_back(
        StrCat("step ", step.number, " ", Printable(step.name), ": ",
               why.empty() ? "up, down and up again" : StrCat("up only, for ", why)));
    list.Push(DocumentOf(step));
  }
  bool has_rows = trial.made().kind == migrations::Copy::Kind::kWhole;
  int64_t end = steps.empty() ? trial.start() : steps.back().number;
  if (!sample.address.empty()) told.document.Set("database", sample.address);
  told.document.Set("rows", has_rows);
  told.document.Set("from", trial.start()).Set("to", end).Set("steps", std::move(list));
  told.summary =
      steps.empty()
          ? StrCat("nothing to rehearse: ", sample.ForPerson(), " is at version ", end)
          : StrCat("rehearsed on ", sample.ForPerson(), " from version ", trial.start(), " to ",
                   end, ": ", steps.size(), steps.size() == 1 ? " step" : " steps",
                   up_only == 0 ? "" : StrCat(", ", up_only, " of them up only"));
  if (!has_rows) told.summary += StrCat("; on the schema alone: ", trial.made().why);
  return told;
}

}  // namespace

Result<Rehearsal> RehearseSteps(const Sample& sample, const StepsToTry& what,
                                const std::function<void(std::string_view)>& show) {
  auto copy = TRY(SampleCopy::Create(sample));
  Trial trial(*copy, what);
  TRY(trial.Prepare());
  if (trial.start() > what.steps.back().number) {
    return Error{ErrorCode::kRefused,
                 StrCat("the sample is at version ", trial.start(), ", behind the last step ",
                        what.steps.back().number),
                 "give a sample of a version that the steps go on from"};
  }
  std::vector<Step> steps;
  for (const Step& step : what.steps) {
    if (step.number > trial.start()) steps.push_back(step);
  }
  Result<> tried;
  for (size_t i = 0; i < steps.size() && tried; ++i) {
    show(StrCat("rehearsing step ", i + 1, " of ", steps.size()));
    tried = trial.TryStep(steps[i]);
  }
  if (tried && steps.size() > 1) {
    show(StrCat("rehearsing all ", steps.size(), " steps at once"));
    tried = trial.TryAll(steps);
  }
  if (tried) return Tell(sample, trial, steps);
  Error error = std::move(tried).error().With(StrCat("the rehearsal on ", sample.ForPerson()));
  if (!trial.has_unknown_tables()) return error;
  std::string remedy = error.remedy;
  return std::move(error).WithRemedy(StrCat(
      "the sample has tables that ignite did not make: say with 'baseline = N' in the recipe "
      "which step it is at; or ",
      remedy));
}

}  // namespace ignite::packager
