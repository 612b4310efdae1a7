#include "agent/handlers/tree_handler.h"

#include <algorithm>

#include "agent/engine/relative_link.h"
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
/// What a table entry takes on disk besides its names, rounded well up.
constexpr uint64_t kTableBytesPerEntry = 256;
/// Beside the release: holds its room until it is unpacked.
constexpr std::string_view kReserveSuffix = ".reserve";

Result<TreeSpec> SpecOf(const ComponentRecord& record) { return TreeSpec::FromJson(record.spec); }

void Find(std::vector<CheckResult>& findings, std::string cause, std::string remedy) {
  findings.push_back({"targets", false, std::move(cause), std::move(remedy)});
}

}  // namespace

Result<> TreeHandler::CheckPayload(const format::PayloadInfo& payload) const {
  if (payload.component == "os") {
    return Error{ErrorCode::kUnsupported,
                 "a tree for the component os needs slots, which this version does not have",
                 "update ignite-agent"};
  }
  TRY(TreeSpec::CheckStreams(payload));
  TRY(TreeSpec::FromJson(payload.spec));
  return {};
}

Result<std::vector<TreeHandler::PublicLink>> TreeHandler::PublicLinks(
    const std::optional<ComponentRecord>& record) {
  std::vector<PublicLink> links;
  if (!record) return links;
  TreeSpec spec = TRY(SpecOf(*record));
  std::string current = spec.path + "/current";
  links.push_back({current, StrCat(engine::ProbePaths::kState, "/active/", record->component)});
  for (const format::TreeLink& link : spec.links)
    links.push_back({link.to, StrCat(current, "/", link.from)});
  return links;
}

Result<std::string> TreeHandler::LinkText(const PublicLink& link) const {
  return engine::RelativeTarget(files_, paths_, ParentOf(link.at), link.target);
}

Result<TreeHandler::Standing> TreeHandler::StandingAt(const PublicLink& link,
                                                      const std::vector<PublicLink>& others) const {
  // The text of a link depends on its folder, which may be a link itself.
  if (!TRY(files_.Inspect(paths_.Host(ParentOf(link.at))))) return Standing::kNothing;
  auto there = TRY(files_.Inspect(paths_.Host(link.at)));
  if (!there) return Standing::kNothing;
  if (there->type != FileInfo::Type::kSymlink) return Standing::kForeign;
  auto text = TRY(files_.ReadLink(paths_.Host(link.at)));
  if (text == TRY(LinkText(link))) return Standing::kOurs;
  for (const PublicLink& other : others) {
    if (other.at == link.at && text == TRY(LinkText(other))) return Standing::kOurs;
  }
  return Standing::kForeign;
}

Result<std::optional<std::string>> TreeHandler::BlockedFolder(const std::string& folder) const {
  std::string existing = folder;
  while (existing != "/" && !TRY(files_.Inspect(paths_.Host(existing))))
    existing = ParentOf(existing);
  auto real = files_.RealPath(paths_.Host(existing));
  std::string root = TRY(files_.RealPath(paths_.Root()));
  if (!real) return std::optional(StrCat(existing, " leads nowhere"));
  if (root != "/" && *real != root && !real->starts_with(root + "/")) {
    return std::optional(StrCat(existing, " leads out of the probe's root"));
  }
  auto info = TRY(files_.Inspect(*real));
  if (!info || info->type != FileInfo::Type::kDirectory)
    return std::optional(StrCat(existing, " is no folder"));
  return std::optional<std::string>();
}

Result<std::vector<CheckResult>> TreeHandler::CheckTargets(const Change& change) const {
  std::vector<CheckResult> findings;
  if (!change.to) return findings;
  TreeSpec spec = TRY(SpecOf(*change.to));
  if (auto blocked = TRY(BlockedFolder(spec.path + "/releases")))
    Find(findings, *blocked, "move it away, or mount the folder there");
  std::vector<PublicLink> old_links = TRY(PublicLinks(change.from));
  for (const PublicLink& link : TRY(PublicLinks(change.to))) {
    if (auto blocked = TRY(BlockedFolder(ParentOf(link.at)))) {
      Find(findings, StrCat(*blocked, ", so ", link.at, " cannot be made"),
           "move it away, or mount the folder there");
      continue;
    }
    if (TRY(StandingAt(link, old_links)) != Standing::kForeign) continue;
    Find(findings, StrCat(link.at, " exists and is not ignite's"),
         StrCat("move ", link.at, " away"));
  }
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
  needs.push_back({paths_.State(), spec.entries * kTableBytesPerEntry, 1});
  return needs;
}

Result<SpaceReserve> TreeHandler::ReserveOf(const ComponentRecord& record) const {
  TreeSpec spec = TRY(SpecOf(record));
  return SpaceReserve(files_, StrCat(TRY(HostRelease(record)), kReserveSuffix), spec.bytes);
}

Result<> TreeHandler::Reserve(const Change& change) {
  TRY(files_.MakeDirectories(ParentOf(TRY(HostRelease(*change.to))), kFolderMode));
  return TRY(ReserveOf(*change.to)).Take();
}

Result<std::unique_ptr<engine::Staging>> TreeHandler::Stage(const Change& change) {
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
                    ? CopyTree(files_, survey, folder, *TRY(Stage(change)))
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

Result<> TreeHandler::Activate(const Change& change) {
  return MoveLinks(change.from, change.to, Foreign::kRefused);
}

Result<> TreeHandler::Undo(const Change& change) {
  return MoveLinks(change.to, change.from, Foreign::kLeft);
}

Result<> TreeHandler::MoveLinks(const std::optional<ComponentRecord>& from,
                                const std::optional<ComponentRecord>& to, Foreign foreign) {
  std::vector<PublicLink> wanted = TRY(PublicLinks(to));
  std::vector<PublicLink> given_up = TRY(PublicLinks(from));
  for (const PublicLink& link : wanted) {
    TRY(files_.MakeDirectories(ParentOf(paths_.Host(link.at)), kFolderMode));
    if (TRY(StandingAt(link, given_up)) == Standing::kForeign) {
      if (foreign == Foreign::kLeft) continue;
      return Error{ErrorCode::kRefused, StrCat(link.at, " exists and is not ignite's"),
                   StrCat("move ", link.at, " away")};
    }
    TRY(files_.ReplaceSymlink(paths_.Host(link.at), TRY(LinkText(link))));
  }
  for (const PublicLink& link : given_up) {
    bool stays = std::any_of(wanted.begin(), wanted.end(),
                             [&](const PublicLink& other) { return other.at == link.at; });
    // Also one that is gone: a run that was cut off may not have made that durable.
    if (!stays && TRY(StandingAt(link, {})) != Standing::kForeign)
      TRY(files_.RemoveFile(paths_.Host(link.at)));
  }
  return {};
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
  CompareWhat what =
      compare == Compare::kEverything ? CompareWhat::kEverything : CompareWhat::kDamage;
  std::string table = paths_.Table(record.component, record.release);
  if (!TRY(files_.Inspect(table)))
    return std::vector<std::string>{StrCat("the file table of ", record.release, " is missing")};
  auto differences = TRY(CompareTree(files_, accounts, TRY(HostRelease(record)), table, what));
  for (const PublicLink& link : TRY(PublicLinks(record))) {
    Standing standing = TRY(StandingAt(link, {}));
    if (standing == Standing::kNothing) differences.push_back(StrCat(link.at, ": is missing"));
    if (standing == Standing::kForeign)
      differences.push_back(StrCat(link.at, ": is not ignite's link"));
  }
  return differences;
}

}  // namespace ignite::handlers
