#include <algorithm>

#include "agent/cli/commands.h"
#include "agent/engine/planning.h"
#include "agent/engine/report.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::cli {
namespace {

using engine::ComponentRecord;
using engine::KeptVersion;

constexpr std::string_view kLive = "live";
constexpr size_t kMaxShown = 1024 * 1024;

/// A release that keeps versions.
struct Release {
  ComponentRecord record;
  bool is_live = false;
  std::vector<KeptVersion> versions;
};

/// Of all kept deployments, each release once, oldest first.
Result<std::vector<Release>> FindReleases(const engine::Parts& parts,
                                          const std::optional<std::string>& component) {
  std::vector<Release> releases;
  engine::Snapshot snapshot = TRY(engine::TakeSnapshot(parts.files, parts.paths));
  for (const auto& deployment : snapshot.deployments) {
    bool is_live = &deployment == &snapshot.deployments.back();
    for (const ComponentRecord& record : deployment.components) {
      engine::Handler* handler = parts.handlers.Find(record);
      if (handler == nullptr || (component && record.component != *component)) continue;
      std::erase_if(releases, [&](const Release& known) { return known.record == record; });
      auto versions = TRY(handler->KeptVersions(record, is_live));
      if (!versions.empty()) releases.push_back({record, is_live, std::move(versions)});
    }
  }
  return releases;
}

Error NotKept(std::string_view id) {
  return {ErrorCode::kInvalidArgument, StrCat("no version ", Quoted(id), " is kept here"),
          "'ignite config history' lists them"};
}

struct Found {
  const Release* release;
  std::string folder;
};

Result<Found> FindVersion(const engine::Parts& parts, const std::vector<Release>& releases,
                          std::string_view id) {
  const Release* found = nullptr;
  for (const Release& release : releases) {
    bool is_it = id == kLive && release.is_live;
    for (const KeptVersion& version : release.versions) is_it = is_it || version.id == id;
    if (!is_it) continue;
    if (found != nullptr) {
      return Error{ErrorCode::kInvalidArgument,
                   StrCat("both ", found->record.component, " and ", release.record.component,
                          " have a version ", Quoted(id)),
                   StrCat("say which with --component ", release.record.component)};
    }
    found = &release;
  }
  if (found == nullptr) return NotKept(id);
  const engine::Handler* handler = parts.handlers.Find(found->record);
  return Found{found, TRY(handler->FolderOfVersion(found->record, id))};
}

std::string Maker(const KeptVersion& version) { return version.by_hand ? "hand edit" : "bundle"; }

Result<Answer> History(const engine::Parts& parts, const std::vector<Release>& releases) {
  auto transactions = TRY(engine::ReadHistory(parts.paths));
  Answer answer{Json::EmptyArray(), "", engine::exit_code::kDone};
  for (const Release& release : releases) {
    int64_t number = engine::TransactionOf(release.record);
    auto maker = std::find_if(transactions.begin(), transactions.end(),
                              [&](const auto& entry) { return entry.id == number; });
    for (const KeptVersion& version : release.versions) {
      std::string bundle =
          version.by_hand || maker == transactions.end() ? "" : Printable(maker->bundle);
      Json json = Json::EmptyObject();
      json.Set("component", release.record.component).Set("id", version.id);
      json.Set("version", release.record.version).Set("made_by", Maker(version));
      json.Set("bundle", bundle).Set("sha256", version.digest);
      json.Set("recorded", version.recorded == 0 ? Json() : Json(version.recorded));
      answer.document.Push(json.Set("is_live", release.is_live));
      answer.text +=
          StrCat(release.record.component, "  ", version.id, "  ", Maker(version),
                 bundle.empty() ? "" : StrCat(" ", bundle), "  ",
                 version.recorded == 0 ? "not recorded yet" : engine::TimeText(version.recorded),
                 "  ", version.digest.substr(0, 16), release.is_live ? "  live release\n" : "\n");
    }
  }
  if (answer.text.empty()) answer.text = "no configuration is kept here\n";
  return answer;
}

Result<Answer> Difference(const engine::Parts& parts, const std::vector<Release>& releases,
                          std::string_view from, std::string_view to) {
  Found before = TRY(FindVersion(parts, releases, from));
  Found after = TRY(FindVersion(parts, releases, to));
  const engine::Handler* handler = parts.handlers.Find(before.release->record);
  std::string difference = TRY(handler->CompareVersions(before.folder, after.folder));
  Json json = Json::EmptyObject();
  json.Set("component", before.release->record.component).Set("from", from).Set("to", to);
  json.Set("diff", difference);
  return Answer{std::move(json),
                difference.empty() ? StrCat(from, " and ", to, " are the same\n")
                                   : PrintableLines(difference),
                engine::exit_code::kDone};
}

Result<> ListFiles(FileSystem& files, const std::string& folder, const std::string& below,
                   std::vector<std::string>& names) {
  for (const std::string& name : TRY(files.List(folder))) {
    std::string host = StrCat(folder, "/", name);
    auto info = TRY(files.Inspect(host));
    if (info && info->type == FileInfo::Type::kDirectory) {
      TRY(ListFiles(files, host, StrCat(below, name, "/"), names));
    } else {
      names.push_back(below + name);
    }
  }
  return {};
}

Result<Answer> ShowVersion(const engine::Parts& parts, const std::vector<Release>& releases,
                           std::string_view id, const std::optional<std::string>& file) {
  Found found = TRY(FindVersion(parts, releases, id));
  Answer answer{Json::EmptyObject(), "", engine::exit_code::kDone};
  answer.document.Set("component", found.release->record.component).Set("id", id);
  if (!file) {
    std::vector<std::string> names;
    TRY(ListFiles(parts.files, found.folder, "", names));
    for (const std::string& name : names) answer.text += Printable(name) + "\n";
    answer.document.Set("files", Json::StringArray(names));
    return answer;
  }
  std::string host = StrCat(found.folder, "/", *file);
  std::optional<FileInfo> info;
  if (format::IsTreePath(*file)) info = TRY(parts.files.Inspect(host));
  if (!info || info->type != FileInfo::Type::kFile) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("the version ", id, " has no file ", Quoted(*file)),
                 StrCat("'ignite config show ", id, "' lists its files")};
  }
  answer.text = TRY(parts.files.ReadFile(host, kMaxShown));
  answer.document.Set("file", *file).Set("content", answer.text);
  return answer;
}

/// What the live release of a configuration was when its bundle made it.
Result<std::string> MadeVersion(const std::vector<Release>& releases) {
  for (const Release& release : releases) {
    if (release.is_live) return release.versions.front().id;
  }
  return Error{ErrorCode::kInvalidArgument, "no configuration of ignite's is live here",
               "install a bundle that has one"};
}

}  // namespace

Result<Answer> Config(const engine::Parts& parts, const std::vector<std::string>& words,
                      const std::optional<std::string>& component) {
  std::vector<Release> releases = TRY(FindReleases(parts, component));
  const std::string& action = words[0];
  if (action == "history" && words.size() == 1) return History(parts, releases);
  if (action == "diff") {
    std::string from = words.size() > 1 ? words[1] : TRY(MadeVersion(releases));
    return Difference(parts, releases, from, words.size() > 2 ? words[2] : std::string(kLive));
  }
  if (action == "show" && words.size() > 1) {
    return ShowVersion(parts, releases, words[1],
                       words.size() > 2 ? std::optional(words[2]) : std::nullopt);
  }
  return Error{ErrorCode::kInvalidArgument, StrCat(Quoted(action), " cannot be done so"),
               "write config history, config diff [FROM [TO]] or config show VERSION [FILE]"};
}

}  // namespace ignite::cli
