#include "payload-format/steps/step.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/ini.h"
#include "base/str_cat.h"
#include "payload-format/manifest/version.h"

namespace ignite::format {
namespace {

constexpr std::string_view kUp = ".up";
constexpr std::string_view kDown = ".down";
constexpr std::string_view kRule = "name it NUMBER_NAME.up or NUMBER_NAME.down";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// One file of a step.
struct StepFile {
  uint64_t number = 0;
  std::string name;
  bool is_up = false;
  std::string_view suffix;
};

/// What stands in front of .up or .down, and which of them it is with what suffix; nullopt where
/// the name ends in neither.
std::optional<std::string_view> StemOf(std::string_view file, const StepSuffixes& suffixes,
                                       StepFile& found) {
  for (std::string_view suffix : suffixes) {
    for (std::string_view direction : {kUp, kDown}) {
      std::string end = StrCat(direction, suffix);
      if (!file.ends_with(end)) continue;
      found.is_up = direction == kUp;
      found.suffix = suffix;
      return file.substr(0, file.size() - end.size());
    }
  }
  return std::nullopt;
}

std::optional<StepFile> ParseFile(std::string_view file, const StepSuffixes& suffixes) {
  StepFile found;
  auto stem = StemOf(file, suffixes, found);
  if (!stem) return std::nullopt;
  size_t bar = std::min(stem->find('_'), stem->size());
  auto number = ParseNumber(stem->substr(0, bar));
  if (!number || *number == 0 || *number > static_cast<uint64_t>(Json::kMaxInteger) ||
      bar == stem->size() || !IsName(stem->substr(bar + 1)))
    return std::nullopt;
  found.number = *number;
  found.name = stem->substr(bar + 1);
  return found;
}

bool IsMeantForAStep(std::string_view file, const StepSuffixes& suffixes) {
  StepFile found;
  return (!file.empty() && IsDigit(file.front())) || StemOf(file, suffixes, found).has_value();
}

}  // namespace

std::vector<Step> FindSteps(const std::vector<std::string>& names, const StepSuffixes& suffixes,
                            std::vector<StepFault>& faults) {
  std::map<uint64_t, Step> found;
  for (const std::string& file : names) {
    auto parsed = ParseFile(file, suffixes);
    if (!parsed) {
      if (IsMeantForAStep(file, suffixes))
        faults.push_back({file, "is no step", std::string(kRule)});
      continue;
    }
    Step& step = found[parsed->number];
    std::string& place = parsed->is_up ? step.up : step.down;
    const std::string& other = step.up.empty() ? step.down : step.up;
    if (!other.empty() && step.name != parsed->name) {
      faults.push_back(
          {file, StrCat("has the number of ", other), "give each step its own number"});
    } else if (!place.empty()) {
      faults.push_back({file, StrCat("is the same step as ", place), "keep one of them"});
    } else {
      // Whoever runs a step takes both for what one of them is.
      if (!other.empty() && ParseFile(other, suffixes)->suffix != parsed->suffix) {
        faults.push_back({file, StrCat("does not end like ", other),
                          "let both be programs, or both be texts of one kind"});
      }
      step.number = parsed->number;
      step.name = parsed->name;
      place = file;
    }
  }
  std::vector<Step> steps;
  for (auto& [number, step] : found) {
    if (step.up.empty())
      faults.push_back({step.down, "leads back from a step that has no .up", "add the .up"});
    steps.push_back(std::move(step));
  }
  if (steps.size() > kMaxSteps) {
    faults.push_back({steps[kMaxSteps].up, StrCat("is one of more than ", kMaxSteps, " steps"),
                      "join old steps to one"});
  }
  return steps;
}

uint64_t LastNumber(const std::vector<Step>& steps) {
  return steps.empty() ? 0 : steps.back().number;
}

Json StepsToJson(const std::vector<Step>& steps) {
  Json array = Json::EmptyArray();
  for (const Step& step : steps) {
    Json json = Json::EmptyObject();
    json.Set("number", step.number).Set("name", step.name);
    array.Push(json.Set("up", step.up).Set("down", step.down));
  }
  return array;
}

Result<std::vector<Step>> StepsFromJson(const Json::Array& array, const StepSuffixes& suffixes) {
  std::vector<Step> steps;
  std::vector<std::string> files;
  for (const Json& json : array) {
    JsonFields fields(json, "step");
    Step step;
    step.number = static_cast<uint64_t>(fields.Integer("number", 1, Json::kMaxInteger));
    step.name = fields.String("name");
    step.up = fields.String("up");
    step.down = fields.String("down");
    TRY(fields.Finish());
    files.push_back(step.up);
    if (!step.down.empty()) files.push_back(step.down);
    steps.push_back(std::move(step));
  }
  // A file name tells all of its step, so the files alone must give the same again.
  std::vector<StepFault> faults;
  std::vector<Step> found = FindSteps(files, suffixes, faults);
  if (!faults.empty()) {
    return Error{ErrorCode::kCorrupt,
                 StrCat("the file ", faults.front().file, " of a step ", faults.front().what),
                 "build the bundle anew"};
  }
  if (found == steps) return steps;
  return Error{ErrorCode::kCorrupt, "the steps are not what their files say, or not in their order",
               "build the bundle anew"};
}

}  // namespace ignite::format
