// Names of users and groups as the probe's own files know them, below its root.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::handlers {

/// Debian's nobody and nogroup.
inline constexpr uid_t kNobody = 65534;
inline constexpr gid_t kNoGroup = 65534;

class Accounts {
 public:
  /// Reads /etc/passwd and /etc/group of the probe. "root" is 0 even where there are none.
  static Result<Accounts> Load(FileSystem& files, const engine::ProbePaths& paths);

  /// Names that are ids themselves, as those of an operating system's tree are.
  static Accounts ById();

  std::optional<uid_t> User(std::string_view name) const;
  std::optional<gid_t> Group(std::string_view name) const;
  /// The first of its names, in the order of bytes; nullopt where it has none.
  std::optional<std::string> UserName(uid_t user) const;
  std::optional<std::string> GroupName(gid_t group) const;

 private:
  bool by_id_ = false;
  std::map<std::string, uid_t, std::less<>> users_;
  std::map<std::string, gid_t, std::less<>> groups_;
};

/// The accounts that a text for systemd-sysusers(8) declares.
struct DeclaredAccounts {
  explicit DeclaredAccounts(std::string_view sysusers);
  bool HasUser(std::string_view name) const;
  bool HasGroup(std::string_view name) const;
  /// systemd-sysusers would have nothing to do.
  bool AreAllIn(const Accounts& accounts) const;

 private:
  std::vector<std::string> users_;
  std::vector<std::string> groups_;
  bool has_more_ = false;  ///< Lines that declare something else, such as a membership.
};

}  // namespace ignite::handlers
