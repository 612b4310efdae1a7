#include "agent/failure_report.h"

#include <sys/utsname.h>

#include <algorithm>

#include "agent/engine/examination.h"
#include "agent/engine/report.h"
#include "agent/free_space.h"
#include "base/str_cat.h"

namespace ignite {
namespace {

using engine::State;
using outbox::ReportPart;

constexpr size_t kMaxText = 1024 * 1024;
constexpr size_t kMaxUnitName = 80;
constexpr std::chrono::seconds kForOneLog{10};
constexpr std::chrono::seconds kForAllLogs{30};

std::string TextOr(const Result<std::string>& text) {
  return text ? *text : StrCat("not to be had: ", text.error().ToString(), "\n");
}

std::string Versions(const engine::Parts& parts, const Result<engine::Snapshot>& snapshot) {
  std::string text = "agent: ignite " IGNITE_VERSION "\n";
  if (snapshot) {
    for (const auto& deployment : snapshot->deployments)
      text += StrCat(engine::DeploymentText(deployment), "\n");
  }
  utsname system{};
  if (uname(&system) == 0) {
    text += StrCat("kernel: ", system.sysname, " ", system.release, " ", system.version, " ",
                   system.machine, "\n");
  }
  return text + TextOr(parts.files.ReadFile(parts.paths.Host("/etc/os-release"), kMaxText));
}

std::string SpaceText(const engine::Parts& parts, const Result<engine::Snapshot>& snapshot) {
  auto all = MeasureSpace(parts, snapshot ? *snapshot : engine::Snapshot{});
  if (!all) return StrCat("not to be had: ", all.error().ToString(), "\n");
  std::string text;
  for (const outbox::FreeSpace& space : *all)
    text += StrCat(space.path, ": ", space.bytes, " bytes, ", space.inodes, " inodes free\n");
  return text;
}

/// Its end, for there is what went wrong.
std::string LogOf(Process& process, const std::string& unit, int64_t since,
                  std::chrono::milliseconds limit) {
  Command command{{"journalctl", StrCat("--unit=", unit), StrCat("--since=@", since), "--no-pager",
                   "--output=short-iso"}};
  command.timeout = limit;
  std::string log;
  command.watch = [&](std::string_view piece) {
    log += piece;
    if (log.size() > 2 * kMaxText) log.erase(0, log.size() - kMaxText);
    return true;
  };
  auto outcome = process.Run(command);
  if (!outcome) return StrCat("not to be had: ", outcome.error().ToString(), "\n");
  if (outcome->timed_out) log += "(journalctl took too long, and was ended here)\n";
  return log;
}

/// ignited, and what the transaction stops and starts.
std::vector<std::string> UnitsToLog(const engine::Parts& parts,
                                    const Result<engine::Story>& story) {
  std::vector<std::string> units = {"ignited.service"};
  if (!story || !story->transaction.plan) return units;
  auto of_plan = engine::UnitsOf(*story->transaction.plan, parts.handlers, true, true);
  if (!of_plan) return units;
  for (const engine::Unit& unit : *of_plan) units.push_back(unit.name);
  return units;
}

void AddLogs(const engine::Parts& parts, Process& process, const Result<engine::Story>& story,
             std::vector<ReportPart>& report) {
  if (parts.settings.services != engine::ServicesBackend::kSystemd) {
    report.push_back({"log.txt", "[services] backend of agent.ini is not systemd: no logs\n"});
    return;
  }
  int64_t since = story ? story->transaction.started : 0;
  Clock::Milliseconds end = parts.clock.BootTime() + kForAllLogs;
  for (const std::string& unit : UnitsToLog(parts, story)) {
    Clock::Milliseconds left = end - parts.clock.BootTime();
    if (left <= Clock::Milliseconds(0)) return;
    report.push_back(
        {StrCat("log/", unit.substr(0, kMaxUnitName), ".txt"),
         LogOf(process, unit, since, std::min<Clock::Milliseconds>(left, kForOneLog))});
  }
}

}  // namespace

bool DeservesReport(const engine::Verdict& verdict) {
  bool has_failed = verdict.state == State::kFailed || verdict.state == State::kRolledBack ||
                    verdict.state == State::kStuck;
  return has_failed && verdict.transaction != 0 && verdict.reason != "cancelled";
}

std::vector<ReportPart> GatherReport(const engine::Parts& parts, Process& process,
                                     const engine::Verdict& verdict, std::string_view bundle,
                                     std::string_view plan) {
  auto story = engine::ReadStory(parts.paths, verdict.transaction);
  auto snapshot = engine::TakeSnapshot(parts.files, parts.paths);
  std::vector<ReportPart> report;
  report.push_back({"verdict.txt", engine::VerdictText(verdict)});
  report.push_back({"verdict.json", engine::VerdictJson(verdict, bundle).Dump(true) + "\n"});
  report.push_back({"story.txt", story ? engine::StoryText(*story) : TextOr(story.error())});
  if (story) report.push_back({"story.json", engine::StoryJson(*story).Dump(true) + "\n"});
  if (!plan.empty()) report.push_back({"plan.txt", std::string(plan)});
  if (story && story->transaction.plan)
    report.push_back({"plan.json", story->transaction.plan->ToJson().Dump(true) + "\n"});
  report.push_back({"versions.txt", Versions(parts, snapshot)});
  report.push_back({"space.txt", SpaceText(parts, snapshot)});
  for (const auto& [name, path] :
       {std::pair<const char*, std::string>{"memory.txt", "/proc/meminfo"},
        {"mounts.txt", "/proc/self/mounts"},
        {"agent.ini", parts.paths.Settings()}})
    report.push_back({name, TextOr(parts.files.ReadFile(path, kMaxText))});
  AddLogs(parts, process, story, report);
  return report;
}

}  // namespace ignite
