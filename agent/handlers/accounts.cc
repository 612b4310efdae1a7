#include "agent/handlers/accounts.h"

#include <algorithm>
#include <vector>

#include "base/ini.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::handlers {
namespace {

constexpr size_t kMaxAccountFile = 4 * 1024 * 1024;

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// name:password:id:... in both files.
template <class Map>
Result<> ReadNames(FileSystem& files, const std::string& path, Map& names) {
  auto text = files.ReadFile(path, kMaxAccountFile);
  if (!text && text.error().code == ErrorCode::kNotFound) return {};
  std::string lines = TRY(std::move(text));
  for (std::string_view line : Split(lines, '\n')) {
    auto fields = Split(line, ':');
    auto id = fields.size() < 3 ? std::nullopt : ParseNumber(fields[2]);
    if (id) names.emplace(std::string(fields[0]), static_cast<uid_t>(*id));
  }
  return {};
}

template <class Map, class Id>
std::optional<std::string> NameOf(const Map& names, Id id) {
  auto found = std::find_if(names.begin(), names.end(),
                            [&](const auto& entry) { return entry.second == id; });
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<Accounts> Accounts::Load(FileSystem& files, const engine::ProbePaths& paths) {
  Accounts accounts;
  accounts.users_.emplace("root", 0);
  accounts.groups_.emplace("root", 0);
  TRY(ReadNames(files, paths.Host("/etc/passwd"), accounts.users_));
  TRY(ReadNames(files, paths.Host("/etc/group"), accounts.groups_));
  return accounts;
}

Accounts Accounts::ById() {
  Accounts accounts;
  accounts.by_id_ = true;
  return accounts;
}

std::optional<uid_t> Accounts::User(std::string_view name) const {
  if (by_id_) return format::ParseAccountId(name);
  auto found = users_.find(name);
  return found == users_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<gid_t> Accounts::Group(std::string_view name) const {
  if (by_id_) return format::ParseAccountId(name);
  auto found = groups_.find(name);
  return found == groups_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Accounts::UserName(uid_t user) const { return NameOf(users_, user); }
std::optional<std::string> Accounts::GroupName(gid_t group) const { return NameOf(groups_, group); }

DeclaredAccounts::DeclaredAccounts(std::string_view sysusers) {
  for (std::string_view line : Split(sysusers, '\n')) {
    std::vector<std::string_view> words;
    for (std::string_view rest = TrimSpace(line); !rest.empty();) {
      size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      words.push_back(rest.substr(0, end));
      rest = TrimSpace(rest.substr(end));
    }
    if (words.empty() || words[0].starts_with('#')) continue;
    if (words.size() < 2 || (words[0][0] != 'u' && words[0][0] != 'g')) {
      has_more_ = true;
      continue;
    }
    // A user line makes the group of the same name as well: sysusers.d(5).
    if (words[0].starts_with('u')) users_.emplace_back(words[1]);
    groups_.emplace_back(words[1]);
  }
}

bool DeclaredAccounts::HasUser(std::string_view name) const { return Contains(users_, name); }
bool DeclaredAccounts::HasGroup(std::string_view name) const { return Contains(groups_, name); }
bool DeclaredAccounts::AreAllIn(const Accounts& accounts) const {
  auto has_user = [&](const std::string& name) { return accounts.User(name).has_value(); };
  auto has_group = [&](const std::string& name) { return accounts.Group(name).has_value(); };
  return !has_more_ && std::all_of(users_.begin(), users_.end(), has_user) &&
         std::all_of(groups_.begin(), groups_.end(), has_group);
}

}  // namespace ignite::handlers
