#include "payload-format/tree/tree_spec.h"

#include <algorithm>
#include <charconv>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/manifest/unit_name.h"
#include "payload-format/tree/table.h"

namespace ignite::format {
namespace {

constexpr size_t kMaxUsersText = 16 * 1024;
constexpr uint64_t kDiskBlock = 4096;

bool IsPlainText(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; });
}

std::string_view BaseName(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

class SpecRules : public TreeRules {
 public:
  SpecRules(TreeSpec spec, std::string component)
      : spec_(std::move(spec)), component_(std::move(component)) {}

  uint64_t EntryCount() const override { return spec_.entries; }

  std::optional<std::string> Objection(const TreeEntry& entry) override {
    auto has = [](const std::vector<std::string>& list, std::string_view text) {
      return std::find(list.begin(), list.end(), text) != list.end();
    };
    bool has_owner = entry.type != EntryType::kHardLink;
    if (has_owner && !(has(spec_.owners, entry.owner) && has(spec_.groups, entry.group))) {
      return StrCat("belongs to ", entry.owner, ":", entry.group,
                    ", which its manifest leaves out");
    }
    if (component_ == kOperatingSystem) {
      if (!has_owner || (ParseAccountId(entry.owner) && ParseAccountId(entry.group)))
        return std::nullopt;
      return StrCat("belongs to ", entry.owner, ":", entry.group, ", which are no ids");
    }
    auto need = entry.NeedsPermission();
    if (!need || has(spec_.allow, entry.path)) return std::nullopt;
    return StrCat("has ", *need, ", which its recipe does not allow");
  }

 private:
  TreeSpec spec_;
  std::string component_;
};

/// What the tree of the operating system has as well.
void ReadContent(JsonFields& fields, TreeSpec& spec) {
  spec.owners = fields.Strings("owners");
  spec.groups = fields.Strings("groups");
  spec.entries = static_cast<uint64_t>(fields.Integer("entries", 1, kMaxTreeEntries));
  spec.bytes = static_cast<uint64_t>(fields.Integer("bytes", 0, Json::kMaxInteger));
}

}  // namespace

bool IsUnit(std::string_view text) { return IsTreePath(text) && IsUnitName(BaseName(text)); }

std::optional<uint32_t> ParseAccountId(std::string_view text) {
  uint32_t id = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), id);
  bool is_number = fault == std::errc() && end == text.data() + text.size();
  bool is_shortest = text == "0" || !text.starts_with('0');
  // The highest number is none: chown(2) takes it for "leave it".
  if (!is_number || !is_shortest || id == UINT32_MAX) return std::nullopt;
  return id;
}

bool IsTreePath(std::string_view path) {
  if (path.empty()) return true;
  if (path.size() > kMaxTreePath || path.find('\0') != std::string_view::npos) return false;
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > kMaxTreeName) return false;
    begin = end + 1;
  }
  return true;
}

bool IsProbePath(std::string_view path) {
  auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
  return path.size() > 1 && path[0] == '/' && IsTreePath(path.substr(1)) &&
         std::all_of(path.begin(), path.end(), printable);
}

uint64_t TreeSpec::DiskBytes(const TreeEntry& entry) {
  if (entry.type == EntryType::kDirectory) return kDiskBlock;
  return (entry.size + kDiskBlock - 1) / kDiskBlock * kDiskBlock;
}

std::vector<std::string> TreeSpec::Places() const {
  std::vector<std::string> places = {path + "/current", path + "/releases"};
  for (const TreeLink& link : links) places.push_back(link.to);
  return places;
}

Result<> TreeSpec::CheckStreams(const PayloadInfo& payload) {
  if (payload.streams.size() == kStreamCount && payload.streams[kTableStream].size <= kMaxTableSize)
    return {};
  return Error{ErrorCode::kCorrupt,
               StrCat("payload ", Quoted(payload.name), " does not have the streams of a tree"),
               "build the bundle anew"};
}

Result<> TreeSpec::Check(const PayloadInfo& payload) {
  if (!IsFor(payload.component)) {
    return Error{
        ErrorCode::kCorrupt,
        StrCat("the tree ", Quoted(payload.name), " is for the component ", payload.component,
               " instead of ", kOperatingSystem, " or one of ", kComponents),
        "build the bundle anew"};
  }
  TRY(CheckStreams(payload));
  TRY(FromJson(payload.spec, payload.component));
  return {};
}

std::unique_ptr<TreeRules> TreeSpec::Rules(std::string component) const {
  return std::make_unique<SpecRules>(*this, std::move(component));
}

Json TreeSpec::ToJson() const {
  Json links_json = Json::EmptyArray();
  for (const TreeLink& link : links) {
    Json entry = Json::EmptyObject();
    links_json.Push(entry.Set("from", link.from).Set("to", link.to));
  }
  Json json = Json::EmptyObject();
  if (!path.empty()) {
    json.Set("path", path).Set("units", Json::StringArray(units));
    json.Set("links", std::move(links_json));
    json.Set("allow", Json::StringArray(allow)).Set("users", users);
  }
  json.Set("owners", Json::StringArray(owners)).Set("groups", Json::StringArray(groups));
  return json.Set("entries", entries).Set("bytes", bytes);
}

Result<TreeSpec> TreeSpec::FromJson(const Json& json, std::string_view component) {
  JsonFields fields(json, "tree");
  TreeSpec spec;
  ReadContent(fields, spec);
  if (component == kOperatingSystem) {
    TRY(fields.Finish());
    return spec;
  }
  spec.path = fields.String("path");
  if (!IsProbePath(spec.path)) fields.Fault("path", "is no absolute path");
  spec.units = fields.Strings("units");
  for (const std::string& unit : spec.units) {
    if (!IsUnit(unit)) fields.Fault("units", "holds something that is no unit");
  }
  spec.allow = fields.Strings("allow");
  for (const std::string& path : spec.allow) {
    if (path.empty() || !IsTreePath(path))
      fields.Fault("allow", "holds something that is no path in the tree");
  }
  spec.users = fields.String("users");
  if (spec.users.size() > kMaxUsersText || !IsPlainText(spec.users))
    fields.Fault("users", "is no plain text");
  const Json::Array& links = fields.Array("links");
  TRY(fields.Finish());
  for (const Json& entry : links) {
    JsonFields link_fields(entry, "link");
    TreeLink link{link_fields.String("from"), link_fields.String("to")};
    if (!IsTreePath(link.from)) link_fields.Fault("from", "is no path in the tree");
    if (!IsProbePath(link.to)) link_fields.Fault("to", "is no absolute path");
    TRY(link_fields.Finish());
    spec.links.push_back(std::move(link));
  }
  return spec;
}

}  // namespace ignite::format
