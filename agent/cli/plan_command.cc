#include "agent/cli/commands.h"
#include "agent/engine/preview.h"
#include "agent/engine/report.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::cli {
namespace {

using engine::Preview;
using engine::SpaceDemand;
using engine::State;

std::string_view Would(const Preview& preview) {
  if (preview.verdict.state == State::kReceived) return "install";
  if (preview.verdict.state == State::kCommitted) return "nothing";
  return preview.verdict.state == State::kRefused ? "refuse" : "fail";
}

std::chrono::seconds Seconds(const Preview& preview) {
  return std::chrono::ceil<std::chrono::seconds>(preview.expected);
}

Json SpaceJson(const std::vector<SpaceDemand>& demands) {
  Json space = Json::EmptyArray();
  for (const SpaceDemand& demand : demands) {
    Json json = Json::EmptyObject();
    json.Set("path", demand.path).Set("needed", demand.bytes).Set("free", demand.space.free_bytes);
    space.Push(json.Set("fits", demand.Fits()));
  }
  return space;
}

Json PlanJson(const Preview& preview, const std::string& bundle) {
  Json json = engine::VerdictJson(preview.verdict, bundle);
  json.Set("would", Would(preview)).Set("hold", preview.is_held);
  int64_t from = preview.plan ? preview.plan->from_deployment : 0;
  json.Set("from", from == 0 ? Json() : Json(from));
  json.Set("to", preview.plan ? Json(preview.plan->to_deployment) : Json());
  json.Set("steps", Json::StringArray(preview.steps)).Set("space", SpaceJson(preview.space));
  json.Set("units", Json::StringArray(preview.units));
  json.Set("expected_seconds", Seconds(preview).count());
  return json.Set("expected_is_measured", preview.expected_is_measured);
}

std::string PlanText(const Preview& preview, const std::string& bundle) {
  if (!preview.plan) return StrCat(Printable(bundle), ": ", engine::VerdictText(preview.verdict));
  bool starts = preview.verdict.state == State::kReceived;
  std::string text = StrCat(Printable(bundle), ", version ", preview.plan->version,
                            starts ? " would be installed\n" : " would be refused\n");
  text += StrCat("  checks\n", engine::ChecksText(preview.verdict.checks));
  if (!preview.steps.empty()) text += "  steps\n";
  for (size_t i = 0; i < preview.steps.size(); ++i)
    text += StrCat("    ", i + 1, ". ", preview.steps[i], "\n");
  if (!preview.space.empty()) text += "  space\n";
  for (const SpaceDemand& demand : preview.space) {
    text += StrCat("    ", demand.path, ": ", SizeInWords(demand.bytes), " needed, ",
                   SizeInWords(demand.space.free_bytes), " free\n");
  }
  if (!preview.steps.empty()) {
    text += StrCat("  takes about ", DurationInWords(Seconds(preview)),
                   preview.expected_is_measured ? ", as the last ones here\n"
                                                : ": a guess, none was installed here yet\n");
  }
  if (preview.is_held) text += "  it is held: 'ignite install' installs it all the same\n";
  return text;
}

/// As an install would end.
int ExitCode(const Preview& preview, const std::string& bundle) {
  if (preview.unfinished) {
    if (preview.unfinished->state == State::kStuck) return engine::exit_code::kStuck;
    return preview.unfinished->bundle == bundle ? engine::exit_code::kWaiting
                                                : engine::exit_code::kBusy;
  }
  bool starts = preview.verdict.state == State::kReceived;
  return starts ? engine::exit_code::kDone : engine::ExitCodeFor(preview.verdict);
}

}  // namespace

Result<Answer> Plan(const engine::Parts& parts, const std::string& path) {
  NamedBundle bundle = TRY(OpenNamedBundle(parts.files, path));
  Preview preview = TRY(engine::PreviewInstall(
      parts, {std::move(bundle.file), bundle.name, engine::Origin::kEngineer}));
  return Answer{PlanJson(preview, bundle.name), PlanText(preview, bundle.name),
                ExitCode(preview, bundle.name)};
}

}  // namespace ignite::cli
