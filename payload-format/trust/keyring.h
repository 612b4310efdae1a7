// The keys that a probe trusts, by role, and the question they answer: who vouches for this HEADER?
//
// A key stands in one role only (root aside) and counts once. An absent role accepts nothing. A
// signature by an unknown key counts for nothing; a wrong signature by a known key refuses the
// whole bundle. No clock is consulted.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "payload-format/container/signatures.h"
#include "payload-format/manifest/kind.h"

namespace ignite::format {

enum class Role : uint8_t { kRoot, kRelease, kQa, kLicence, kEngineer };

std::string_view RoleName(Role role);
std::optional<Role> ParseRole(std::string_view name);
/// For error messages: all names.
const std::vector<std::string_view>& RoleNames();

/// The roles whose thresholds a bundle's signatures reach.
using VouchingRoles = std::set<Role>;

class Keyring {
 public:
  struct RoleKeys {
    std::vector<PublicKey> keys;
    int threshold = 1;
  };

  /// kInvalidArgument for a key in two roles, a threshold that cannot be reached, or no key at all.
  static Result<Keyring> Create(int64_t version, std::map<Role, RoleKeys> roles);
  static Result<Keyring> Parse(std::string_view json);
  std::string Serialize() const;

  int64_t version() const { return version_; }
  const std::map<Role, RoleKeys>& roles() const { return roles_; }

  /// kUntrusted where a known key's signature is wrong, or where no role reaches its threshold.
  Result<VouchingRoles> Verify(ByteView header,
                               const std::vector<SignatureEntry>& signatures) const;

  /// Whether the roles that vouch are enough for a bundle of this kind; kUntrusted names those that
  /// are missing.
  Result<> RequireRolesFor(Kind kind, const VouchingRoles& vouching) const;

 private:
  Keyring(int64_t version, std::map<Role, RoleKeys> roles)
      : version_(version), roles_(std::move(roles)) {}

  int64_t version_;
  std::map<Role, RoleKeys> roles_;
};

}  // namespace ignite::format
