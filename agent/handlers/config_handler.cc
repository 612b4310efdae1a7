#include "agent/handlers/config_handler.h"

#include <map>

#include "agent/handlers/folder_copy.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::CheckResult;
using engine::ComponentRecord;
using engine::KeptVersion;
using format::ConfigSpec;
using format::Step;

/// What is kept free for what generate may make, and for every edited copy.
constexpr uint64_t kSpareBytes = 1024 * 1024;
constexpr uint64_t kSpareInodes = 64;
/// The release, its version 0 and the copy in the workshop.
constexpr uint64_t kCopies = 3;
constexpr size_t kMaxDifference = 256 * 1024;
constexpr std::string_view kLive = "live";

Result<ConfigSpec> SpecOf(const ComponentRecord& record) {
  return ConfigSpec::FromJson(record.spec);
}

Result<std::vector<FixedLink>> LinksOf(const std::optional<ComponentRecord>& record) {
  std::vector<FixedLink> links;
  if (record) links.push_back(FixedLink::Current(TRY(SpecOf(*record)).path, record->component));
  return links;
}

}  // namespace

Result<> ConfigHandler::CheckPayload(const format::PayloadInfo& payload) const {
  return ConfigSpec::Check(payload);
}

Result<std::vector<ConfigHandler::Run>> ConfigHandler::RunsOf(const Change& change) {
  std::vector<Run> runs;
  ConfigSpec to = TRY(SpecOf(*change.to));
  if (!change.from) {
    runs.push_back({&*change.to, std::string(ConfigSpec::kGenerate)});
  } else {
    ConfigSpec from = TRY(SpecOf(*change.from));
    uint64_t before = format::LastNumber(from.folder.steps);
    uint64_t after = format::LastNumber(to.folder.steps);
    for (const Step& step : to.folder.steps) {
      if (step.number > before) runs.push_back({&*change.to, step.up});
    }
    const std::vector<Step>& known = from.folder.steps;
    for (auto step = known.rbegin(); step != known.rend(); ++step) {
      if (step->number > after) runs.push_back({&*change.from, step->down});
    }
  }
  if (to.HasCheck()) runs.push_back({&*change.to, std::string(ConfigSpec::kCheck)});
  return runs;
}

Result<std::vector<CheckResult>> ConfigHandler::CheckTargets(const Change& change) const {
  std::vector<CheckResult> findings;
  if (!change.to) return findings;
  const std::string& component = change.to->component;
  auto find = [&](std::string cause, std::string remedy) {
    findings.push_back({"targets", false, std::move(cause), std::move(remedy)});
  };
  findings = TRY(FixedLinks(files_, paths_)
                     .FindObstacles(TRY(SpecOf(*change.to)).path, TRY(LinksOf(change.to)),
                                    TRY(LinksOf(change.from))));
  if (!change.from) return findings;
  // A kept release needs no steps: it is returned to as it was.
  if (TRY(versions_.List(*change.to)).empty()) {
    for (const Run& run : TRY(RunsOf(change))) {
      if (run.file.empty())
        find(StrCat("the release of ", component, " that runs here has a step without a way back"),
             "use 'ignite rollback', or a bundle with a higher version of it");
    }
  }
  auto entries = ListFolder(files_, TRY(HostRelease(*change.from)));
  if (!entries) find(entries.error().cause, entries.error().remedy);
  return findings;
}

Result<std::vector<std::string>> ConfigHandler::Places(const ComponentRecord& record) const {
  return TRY(SpecOf(record)).Places();
}

Result<std::vector<engine::SpaceNeed>> ConfigHandler::SpaceNeeds(const Change& change) const {
  std::vector<engine::SpaceNeed> needs;
  if (!change.to) return needs;
  ConfigSpec spec = TRY(SpecOf(*change.to));
  needs = programs_.SpaceNeeds(spec.folder);
  uint64_t bytes = kSpareBytes;
  uint64_t inodes = kSpareInodes;
  if (change.from) {
    // What cannot be listed, the check of the targets says.
    auto entries = ListFolder(files_, TRY(HostRelease(*change.from)));
    for (const FolderEntry& entry : entries ? *entries : std::vector<FolderEntry>()) {
      bytes += entry.info.size + 4096;
      ++inodes;
    }
  }
  needs.push_back({paths_.Host(spec.path), bytes, inodes});
  needs.push_back({paths_.State(), kCopies * bytes, kCopies * inodes});
  return needs;
}

Result<> ConfigHandler::Reserve(const Change& change) {
  return programs_.Reserve(*change.to, TRY(SpecOf(*change.to)).folder);
}

Result<std::unique_ptr<engine::Staging>> ConfigHandler::Stage(const Change& change,
                                                              engine::Watch watch) {
  ConfigSpec spec = TRY(SpecOf(*change.to));
  return programs_.Stage(
      *change.to, spec.folder, spec.programs,
      [this, change, watch = std::move(watch)] { return MakeRelease(change, watch); });
}

Result<std::string> ConfigHandler::BaseOf(const Change& change) const {
  if (!change.from) return std::string();
  return TRY(HashFolder(files_, TRY(HostRelease(*change.from)))).Hex();
}

Result<> ConfigHandler::MakeRelease(const Change& change, const engine::Watch& watch) {
  std::string release = TRY(HostRelease(*change.to));
  std::string source = change.from ? TRY(HostRelease(*change.from)) : std::string();
  if (change.from) TRY(versions_.RecordEdits(*change.from, source));
  std::string base = TRY(BaseOf(change));
  ConfigWorkshop::Job job{*change.to, source, {}, release, watch};
  for (const Run& run : TRY(RunsOf(change)))
    job.programs.push_back(StrCat(programs_.Folder(*run.brought_by), "/", run.file));
  TRY(workshop_.Make(job));
  return versions_.RecordMade(*change.to, release, base);
}

Result<std::string> ConfigHandler::ReleasePath(const ComponentRecord& record) const {
  return StrCat(TRY(SpecOf(record)).path, "/releases/", record.release);
}

Result<std::string> ConfigHandler::HostRelease(const ComponentRecord& record) const {
  return paths_.Host(TRY(ReleasePath(record)));
}

Result<bool> ConfigHandler::HasRelease(const ComponentRecord& record) const {
  return !TRY(versions_.List(record)).empty() &&
         TRY(programs_.FindDifferences(record, CompareWhat::kPresence)).empty();
}

Result<> ConfigHandler::Activate(const Change& change, const engine::Watch& watch) {
  if (change.from) TRY(versions_.RecordEdits(*change.from, TRY(HostRelease(*change.from))));
  if (change.to) {
    auto base = TRY(versions_.Base(*change.to));
    if (base && *base != TRY(BaseOf(change))) TRY(MakeRelease(change, watch));
    // A kept release comes back as it was left, whatever happened to its folder since.
    auto versions = TRY(versions_.List(*change.to));
    std::string release = TRY(HostRelease(*change.to));
    bool is_there = TRY(files_.Inspect(release)).has_value();
    if (!is_there || TRY(HashFolder(files_, release)).Hex() != versions.back().digest) {
      TRY(CopyFolder(files_, versions_.Folder(*change.to, versions.size() - 1), release,
                     SameAttributes));
    }
    TRY(versions_.SetActivated(*change.to));
  }
  return FixedLinks(files_, paths_)
      .Move(TRY(LinksOf(change.from)), TRY(LinksOf(change.to)), FixedLinks::Foreign::kRefused);
}

Result<> ConfigHandler::Undo(const Change& change) {
  if (change.to) {
    TRY(versions_.RecordEdits(*change.to, TRY(HostRelease(*change.to))));
    // The release may go, and its versions with it. An edit is not worth a probe that is stuck.
    (void)versions_.KeepReplaced(*change.to);
  }
  return FixedLinks(files_, paths_)
      .Move(TRY(LinksOf(change.to)), TRY(LinksOf(change.from)), FixedLinks::Foreign::kLeft);
}

Result<> ConfigHandler::Discard(const ComponentRecord& record) {
  TRY(workshop_.Discard(record));
  // Without a version a release counts as incomplete, so they go first.
  TRY(versions_.Discard(record));
  TRY(programs_.Discard(record));
  return files_.RemoveTree(TRY(HostRelease(record)));
}

Result<std::vector<std::string>> ConfigHandler::StagingSteps(const Change& change) const {
  std::vector<std::string> steps;
  if (!change.to || !TRY(versions_.List(*change.to)).empty()) return steps;
  const std::string& component = change.to->component;
  if (change.from) {
    auto versions = TRY(KeptVersions(*change.from, true));
    if (!versions.empty() && versions.back().id == kLive)
      steps.push_back(StrCat("record what was edited by hand in ", component));
  }
  for (const Run& run : TRY(RunsOf(change))) {
    steps.push_back(StrCat("run ", run.file,
                           run.file == ConfigSpec::kCheck ? " on the new " : " for the new ",
                           component));
  }
  return steps;
}

Result<std::vector<std::string>> ConfigHandler::Remarks(const Change& change) const {
  std::vector<std::string> remarks;
  if (!change.from) return remarks;
  auto versions = TRY(versions_.List(*change.from));
  if (versions.empty() || !versions.back().by_hand) return remarks;
  remarks.push_back(StrCat(change.from->component, " had been edited by hand: 'ignite config show ",
                           versions.back().id, "' has those edits"));
  return remarks;
}

Result<std::vector<std::string>> ConfigHandler::UndoRemarks(const Change& change) const {
  std::vector<std::string> remarks;
  auto kept = change.to ? TRY(versions_.Replaced(*change.to)) : std::nullopt;
  if (kept) {
    remarks.push_back(
        StrCat(change.to->component, " had been edited by hand: ", *kept, " has those edits"));
  }
  return remarks;
}

Result<std::vector<KeptVersion>> ConfigHandler::KeptVersions(const ComponentRecord& record,
                                                             bool is_live) const {
  auto versions = TRY(versions_.List(record));
  if (!is_live || versions.empty()) return versions;
  KeptVersion live{std::string(kLive), TRY(HashFolder(files_, TRY(HostRelease(record)))).Hex(),
                   true, 0};
  if (live.digest != versions.back().digest) versions.push_back(std::move(live));
  return versions;
}

Result<std::string> ConfigHandler::FolderOfVersion(const ComponentRecord& record,
                                                   std::string_view id) const {
  if (id == kLive) return HostRelease(record);
  auto versions = TRY(versions_.List(record));
  for (size_t number = 0; number < versions.size(); ++number) {
    if (versions[number].id == id) return versions_.Folder(record, number);
  }
  return Handler::FolderOfVersion(record, id);
}

Result<std::string> ConfigHandler::CompareVersions(const std::string& before,
                                                   const std::string& after) const {
  std::map<std::string, std::pair<const FolderEntry*, const FolderEntry*>> both;
  auto old_entries = TRY(ListFolder(files_, before));
  auto new_entries = TRY(ListFolder(files_, after));
  for (const FolderEntry& entry : old_entries) both[entry.path].first = &entry;
  for (const FolderEntry& entry : new_entries) both[entry.path].second = &entry;
  auto is_file = [](const FolderEntry* entry) {
    return entry != nullptr && entry->info.type == FileInfo::Type::kFile;
  };
  auto words = [](const FolderEntry* entry) {
    if (entry == nullptr) return std::string("nothing");
    constexpr std::string_view kTypes[] = {"file", "folder", "link", "other"};
    char mode[8];
    (void)snprintf(mode, sizeof mode, "%04o", entry->info.mode);
    return StrCat(kTypes[static_cast<size_t>(entry->info.type)], " ", mode, " ", entry->info.uid,
                  ":", entry->info.gid, entry->target.empty() ? "" : " -> ",
                  Printable(entry->target));
  };
  std::string text;
  for (const auto& [path, sides] : both) {
    const auto& [a, b] = sides;
    std::string name = path.empty() ? "." : Printable(path);
    if (words(a) != words(b)) text += StrCat(name, ": ", words(a), " becomes ", words(b), "\n");
    if (!is_file(a) && !is_file(b)) continue;
    Command command{{"diff", "--unified", StrCat("--label=a/", name), StrCat("--label=b/", name),
                     "--", is_file(a) ? StrCat(before, "/", path) : "/dev/null",
                     is_file(b) ? StrCat(after, "/", path) : "/dev/null"}};
    command.output_limit = kMaxDifference;
    Outcome outcome = TRY(process_.Run(command));
    if (outcome.exit_code > 1 || outcome.timed_out) TRY(CheckOutcome(command, outcome));
    text += outcome.output;
  }
  return text;
}

Result<std::vector<std::string>> ConfigHandler::FindDifferences(const ComponentRecord& record,
                                                                Compare compare) const {
  CompareWhat what = WhatOf(compare);
  auto differences = TRY(programs_.FindDifferences(record, what));
  if (!TRY(files_.Inspect(TRY(HostRelease(record)))))
    differences.push_back(StrCat("the configuration ", record.release, " is missing"));
  for (std::string& line : TRY(FixedLinks(files_, paths_).FindDifferences(TRY(LinksOf(record)))))
    differences.push_back(std::move(line));
  return differences;
}

}  // namespace ignite::handlers
