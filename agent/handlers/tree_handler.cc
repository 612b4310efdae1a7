#include "agent/handlers/tree_handler.h"

#include "agent/handlers/accounts.h"
#include "agent/handlers/tree_comparison.h"
#include "agent/handlers/tree_staging.h"
#include "agent/handlers/tree_survey.h"
#include "base/ini.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::CheckResult;
using engine::ComponentRecord;
using format::TreeSpec;

constexpr mode_t kFolderMode = 0755;
/// Beside the release: holds its room until it is unpacked.
constexpr std::string_view kReserveSuffix = ".reserve";

Result<TreeSpec> SpecOf(const ComponentRecord& record) {
  return TreeSpec::FromJson(record.spec, record.component);
}

void Find(std::vector<CheckResult>& findings, std::string cause, std::string remedy) {
  findings.push_back({"targets", false, std::move(cause), std::move(remedy)});
}

}  // namespace

Result<> TreeHandler::CheckPayload(const format::PayloadInfo& payload) const {
  return TreeSpec::Check(payload);
}

Result<std::vector<FixedLink>> TreeHandler::LinksOf(const std::optional<ComponentRecord>& record) {
  std::vector<FixedLink> links;
  if (!record) return links;
  TreeSpec spec = TRY(SpecOf(*record));
  FixedLink current = FixedLink::Current(spec.path, record->component);
  for (const format::TreeLink& link : spec.links)
    links.push_back({link.to, StrCat(current.at, "/", link.from)});
  links.insert(links.begin(), std::move(current));
  return links;
}

Result<std::vector<CheckResult>> TreeHandler::CheckTargets(const Change& change) const {
  std::vector<CheckResult> findings;
  if (!change.to) return findings;
  TreeSpec spec = TRY(SpecOf(*change.to));
  findings = TRY(FixedLinks(files_, paths_)
                     .FindObstacles(spec.path, TRY(LinksOf(change.to)), TRY(LinksOf(change.from))));
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  DeclaredAccounts declared(spec.users);
  for (const std::string& owner : spec.owners) {
    if (accounts.User(owner) || declared.HasUser(owner)) continue;
    Find(findings, StrCat("this probe has no user ", owner),
         "declare it with 'users =' in the recipe, or create it here");
  }
  for (const std::string& group : spec.groups) {
    if (accounts.Group(group) || declared.HasGroup(group)) continue;
    Find(findings, StrCat("this probe has no group ", group),
         "declare it with 'users =' in the recipe, or create it here");
  }
  return findings;
}

Result<std::vector<std::string>> TreeHandler::Places(const ComponentRecord& record) const {
  return TRY(SpecOf(record)).Places();
}

Result<std::vector<engine::SpaceNeed>> TreeHandler::SpaceNeeds(const Change& change) const {
  std::vector<engine::SpaceNeed> needs;
  if (!change.to) return needs;
  TreeSpec spec = TRY(SpecOf(*change.to));
  needs.push_back({paths_.Host(spec.path), spec.bytes, spec.entries});
  needs.push_back({paths_.State(), spec.entries * TreeStaging::kTableBytesPerEntry, 1});
  return needs;
}

Result<bool> TreeHandler::MayStageEarly(const Change& change) const {
  if (!change.to) return true;
  TreeSpec spec = TRY(SpecOf(*change.to));
  return DeclaredAccounts(spec.users).AreAllIn(TRY(Accounts::Load(files_, paths_)));
}

Result<SpaceReserve> TreeHandler::ReserveOf(const ComponentRecord& record) const {
  TreeSpec spec = TRY(SpecOf(record));
  return SpaceReserve(files_, StrCat(TRY(HostRelease(record)), kReserveSuffix), spec.bytes);
}

Result<> TreeHandler::Reserve(const Change& change) {
  TRY(files_.MakeDirectories(ParentOf(TRY(HostRelease(*change.to))), kFolderMode));
  return TRY(ReserveOf(*change.to)).Take();
}

Result<std::unique_ptr<engine::Staging>> TreeHandler::Stage(const Change& change, engine::Watch) {
  const ComponentRecord& record = *change.to;
  TRY(RemoveRelease(record));
  TreeSpec spec = TRY(SpecOf(record));
  TRY(CreateAccounts(spec));
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  TreeStaging::Target target{TRY(HostRelease(record)),
                             paths_.Table(record.component, record.release)};
  return std::unique_ptr<engine::Staging>(
      std::make_unique<TreeStaging>(files_, std::move(accounts), spec.Rules(record.component),
                                    std::move(target), TRY(ReserveOf(record))));
}

Result<Json> TreeHandler::Survey(const engine::AdoptedTree& tree) const {
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  TreeSurvey survey = TRY(SurveyTree(files_, accounts, tree.path, paths_.Host(tree.path)));
  survey.spec.units = tree.units;
  return survey.spec.ToJson();
}

Result<> TreeHandler::StageAdopted(const Change& change) {
  const ComponentRecord& record = *change.to;
  TreeSpec spec = TRY(SpecOf(record));
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  std::string folder = paths_.Host(spec.path);
  TreeSurvey survey = TRY(SurveyTree(files_, accounts, spec.path, folder));
  survey.spec.units = spec.units;
  auto staged = survey.spec.ToJson() == record.spec
                    ? CopyTree(files_, survey, folder, *TRY(Stage(change, {})))
                    : Error{ErrorCode::kCorrupt, "it is not what it was", ""};
  if (staged || staged.error().code != ErrorCode::kCorrupt) return staged;
  return Error{ErrorCode::kIo, StrCat(folder, " changed while it was adopted"),
               "stop what writes to it, then adopt it again"};
}

/// The one thing that staging adds to a live system: accounts, which the files of the release must
/// belong to. They stay after a rollback, as those of a Debian package do.
Result<> TreeHandler::CreateAccounts(const TreeSpec& spec) {
  if (spec.users.empty()) return {};
  Command command;
  command.arguments = {"systemd-sysusers", StrCat("--root=", paths_.Root()), "--inline", "--"};
  std::string_view text = spec.users;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = TrimSpace(text.substr(0, end));
    if (!line.empty() && line[0] != '#') command.arguments.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return CheckOutcome(command, TRY(process_.Run(command)));
}

Result<std::string> TreeHandler::ReleasePath(const ComponentRecord& record) const {
  return StrCat(TRY(SpecOf(record)).path, "/releases/", record.release);
}

Result<std::string> TreeHandler::HostRelease(const ComponentRecord& record) const {
  return paths_.Host(TRY(ReleasePath(record)));
}

Result<bool> TreeHandler::HasRelease(const ComponentRecord& record) const {
  std::string table = paths_.Table(record.component, record.release);
  if (!TRY(files_.Inspect(table))) return false;
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  return TRY(CompareTree(files_, accounts, TRY(HostRelease(record)), table, CompareWhat::kPresence))
      .empty();
}

Result<> TreeHandler::Activate(const Change& change, const engine::Watch&) {
  return FixedLinks(files_, paths_)
      .Move(TRY(LinksOf(change.from)), TRY(LinksOf(change.to)), FixedLinks::Foreign::kRefused);
}

Result<> TreeHandler::Undo(const Change& change) {
  return FixedLinks(files_, paths_)
      .Move(TRY(LinksOf(change.to)), TRY(LinksOf(change.from)), FixedLinks::Foreign::kLeft);
}

Result<> TreeHandler::Discard(const ComponentRecord& record) {
  TRY(TRY(ReserveOf(record)).Drop());
  return RemoveRelease(record);
}

Result<> TreeHandler::RemoveRelease(const ComponentRecord& record) {
  // Without its table a release counts as incomplete, so the table goes first.
  TRY(files_.RemoveFile(paths_.Table(record.component, record.release)));
  return files_.RemoveTree(TRY(HostRelease(record)));
}

Result<std::vector<engine::Unit>> TreeHandler::Units(const ComponentRecord& record) const {
  std::vector<engine::Unit> units;
  TreeSpec spec = TRY(SpecOf(record));
  for (const std::string& unit : spec.units) {
    size_t slash = unit.rfind('/');
    bool in_tree = slash != std::string::npos;
    units.push_back({in_tree ? unit.substr(slash + 1) : unit,
                     in_tree ? StrCat(spec.path, "/current/", unit) : std::string()});
  }
  return units;
}

Result<std::vector<std::string>> TreeHandler::FindDifferences(const ComponentRecord& record,
                                                              Compare compare) const {
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  CompareWhat what = WhatOf(compare);
  std::string table = paths_.Table(record.component, record.release);
  if (!TRY(files_.Inspect(table)))
    return std::vector<std::string>{StrCat("the file table of ", record.release, " is missing")};
  auto differences = TRY(CompareTree(files_, accounts, TRY(HostRelease(record)), table, what));
  for (std::string& line : TRY(FixedLinks(files_, paths_).FindDifferences(TRY(LinksOf(record)))))
    differences.push_back(std::move(line));
  return differences;
}

}  // namespace ignite::handlers
