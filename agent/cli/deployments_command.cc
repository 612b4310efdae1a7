#include "agent/cli/commands.h"
#include "agent/engine/report.h"
#include "agent/engine/returns.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::cli {
namespace {

using engine::CheckResult;
using engine::Return;

std::chrono::seconds Seconds(const Return& way) {
  return std::chrono::ceil<std::chrono::seconds>(way.expected);
}

Json ReturnJson(const Return& way) {
  Json json = engine::DeploymentJson(way.deployment);
  json.Set("runs", way.runs_now).Set("possible", !way.runs_now && way.obstacles.empty());
  json.Set("checks", engine::ChecksJson(way.obstacles)).Set("units", Json::StringArray(way.units));
  json.Set("reboots", way.reboots).Set("steps", Json::StringArray(way.steps));
  return json.Set("expected_seconds", Seconds(way).count());
}

std::string PriceText(const Return& way) {
  if (way.runs_now) return "    runs now\n";
  std::string text;
  for (const CheckResult& obstacle : way.obstacles) {
    text += StrCat("    no return: ", obstacle.id, ": ", obstacle.cause,
                   "\n      remedy: ", obstacle.remedy, "\n");
  }
  if (!text.empty()) return text;
  text = StrCat("    'ignite rollback --to ", way.deployment.number, "' ",
                way.units.empty() ? "stops nothing" : StrCat("stops ", Joined(way.units)),
                way.reboots ? ", reboots the probe" : "", ", and takes about ",
                DurationInWords(Seconds(way)), "\n");
  for (const std::string& step : way.steps) text += StrCat("      ", step, "\n");
  return text;
}

}  // namespace

Result<Answer> Deployments(const engine::Parts& parts) {
  auto returns = TRY(engine::FindReturns(parts));
  Answer answer{Json::EmptyArray(), {}, engine::exit_code::kDone};
  for (const Return& way : returns) {
    answer.document.Push(ReturnJson(way));
    answer.text += StrCat(engine::DeploymentText(way.deployment), "\n    since ",
                          engine::TimeText(way.deployment.created), ", by ",
                          Printable(way.deployment.bundle), "\n", PriceText(way));
  }
  if (returns.empty()) answer.text = "no deployment yet\n";
  return answer;
}

}  // namespace ignite::cli
