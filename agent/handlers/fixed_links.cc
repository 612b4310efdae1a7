#include "agent/handlers/fixed_links.h"

#include <algorithm>

#include "agent/engine/relative_link.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::CheckResult;

constexpr mode_t kFolderMode = 0755;

void Find(std::vector<CheckResult>& findings, std::string cause, std::string remedy) {
  findings.push_back({"targets", false, std::move(cause), std::move(remedy)});
}

}  // namespace

FixedLink FixedLink::Current(std::string_view path, std::string_view component) {
  return {StrCat(path, "/current"), StrCat(engine::ProbePaths::kState, "/active/", component)};
}

Result<std::string> FixedLinks::LinkText(const FixedLink& link) const {
  return engine::RelativeTarget(files_, paths_, ParentOf(link.at), link.target);
}

Result<FixedLinks::Standing> FixedLinks::StandingAt(const FixedLink& link,
                                                    const std::vector<FixedLink>& others) const {
  // The text of a link depends on its folder, which may be a link itself.
  if (!TRY(files_.Inspect(paths_.Host(ParentOf(link.at))))) return Standing::kNothing;
  auto there = TRY(files_.Inspect(paths_.Host(link.at)));
  if (!there) return Standing::kNothing;
  if (there->type != FileInfo::Type::kSymlink) return Standing::kForeign;
  auto text = TRY(files_.ReadLink(paths_.Host(link.at)));
  if (text == TRY(LinkText(link))) return Standing::kOurs;
  for (const FixedLink& other : others) {
    if (other.at == link.at && text == TRY(LinkText(other))) return Standing::kOurs;
  }
  return Standing::kForeign;
}

Result<std::optional<std::string>> FixedLinks::BlockedFolder(const std::string& folder) const {
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

Result<std::vector<CheckResult>> FixedLinks::FindObstacles(
    const std::string& path, const std::vector<FixedLink>& wanted,
    const std::vector<FixedLink>& present) const {
  std::vector<CheckResult> findings;
  if (auto blocked = TRY(BlockedFolder(path + "/releases")))
    Find(findings, *blocked, "move it away, or mount the folder there");
  for (const FixedLink& link : wanted) {
    if (auto blocked = TRY(BlockedFolder(ParentOf(link.at)))) {
      Find(findings, StrCat(*blocked, ", so ", link.at, " cannot be made"),
           "move it away, or mount the folder there");
      continue;
    }
    if (TRY(StandingAt(link, present)) != Standing::kForeign) continue;
    Find(findings, StrCat(link.at, " exists and is not ignite's"),
         StrCat("move ", link.at, " away"));
  }
  return findings;
}

Result<> FixedLinks::Move(const std::vector<FixedLink>& given_up,
                          const std::vector<FixedLink>& wanted, Foreign foreign) {
  for (const FixedLink& link : wanted) {
    TRY(files_.MakeDirectories(ParentOf(paths_.Host(link.at)), kFolderMode));
    if (TRY(StandingAt(link, given_up)) == Standing::kForeign) {
      if (foreign == Foreign::kLeft) continue;
      return Error{ErrorCode::kRefused, StrCat(link.at, " exists and is not ignite's"),
                   StrCat("move ", link.at, " away")};
    }
    TRY(files_.ReplaceSymlink(paths_.Host(link.at), TRY(LinkText(link))));
  }
  for (const FixedLink& link : given_up) {
    bool stays = std::any_of(wanted.begin(), wanted.end(),
                             [&](const FixedLink& other) { return other.at == link.at; });
    // Also one that is gone: a run that was cut off may not have made that durable.
    if (!stays && TRY(StandingAt(link, {})) != Standing::kForeign)
      TRY(files_.RemoveFile(paths_.Host(link.at)));
  }
  return {};
}

Result<std::vector<std::string>> FixedLinks::FindDifferences(
    const std::vector<FixedLink>& links) const {
  std::vector<std::string> differences;
  for (const FixedLink& link : links) {
    Standing standing = TRY(StandingAt(link, {}));
    if (standing == Standing::kNothing) differences.push_back(StrCat(link.at, ": is missing"));
    if (standing == Standing::kForeign)
      differences.push_back(StrCat(link.at, ": is not ignite's link"));
  }
  return differences;
}

}  // namespace ignite::handlers
