#include "agent/engine/preview_document.h"

#include "agent/engine/report.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {
namespace {

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

}  // namespace

Json PreviewJson(const Preview& preview, std::string_view bundle) {
  Json json = VerdictJson(preview.verdict, bundle);
  json.Set("would", Would(preview)).Set("hold", preview.is_held);
  int64_t from = preview.plan ? preview.plan->from_deployment : 0;
  json.Set("from", from == 0 ? Json() : Json(from));
  json.Set("to", preview.plan ? Json(preview.plan->to_deployment) : Json());
  json.Set("steps", Json::StringArray(preview.steps)).Set("space", SpaceJson(preview.space));
  json.Set("units", Json::StringArray(preview.units));
  json.Set("expected_seconds", Seconds(preview).count());
  return json.Set("expected_is_measured", preview.expected_is_measured);
}

std::string PreviewText(const Preview& preview, std::string_view bundle) {
  if (!preview.plan) return StrCat(Printable(bundle), ": ", VerdictText(preview.verdict));
  bool starts = preview.verdict.state == State::kReceived;
  std::string text = StrCat(Printable(bundle), ", version ", preview.plan->version,
                            starts ? " would be installed\n" : " would be refused\n");
  text += StrCat("  checks\n", ChecksText(preview.verdict.checks));
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

}  // namespace ignite::engine
