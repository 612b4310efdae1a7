#include "payload-format/trust/keyring.h"

#include <algorithm>

#include "base/json.h"
#include "base/str_cat.h"
#include "payload-format/container/header.h"
#include "payload-format/container/layout.h"

namespace ignite::format {
namespace {

Error BadKeyring(std::string_view what) {
  return {ErrorCode::kInvalidArgument, StrCat("the keyring is wrong: ", what),
          "make it with 'ignite-pack keyring'"};
}

Result<PublicKey> ParseKey(const Json& json) {
  const std::string* hex = json.AsString();
  auto raw = hex == nullptr ? std::nullopt : FromHex(*hex);
  PublicKey key{KeyType::kEd25519, {}};
  if (!raw || raw->size() != key.bytes.size())
    return Error{ErrorCode::kInvalidArgument, "a key is not 64 hexadecimal digits", {}};
  std::copy(raw->begin(), raw->end(), key.bytes.begin());
  return key;
}

Result<Keyring::RoleKeys> ParseRoleKeys(const Json& json, std::string_view name) {
  JsonFields fields(json, StrCat("role ", name));
  Keyring::RoleKeys role;
  for (const Json& key : fields.Array("keys")) role.keys.push_back(TRY(ParseKey(key)));
  role.threshold = static_cast<int>(fields.Integer("threshold", 1, kMaxSignatures, 1));
  TRY(fields.Finish());
  return role;
}

}  // namespace

const std::vector<std::string_view>& RoleNames() {
  static const std::vector<std::string_view> kNames = {"root", "release", "qa", "licence",
                                                       "engineer"};
  return kNames;
}

std::string_view RoleName(Role role) { return RoleNames()[static_cast<size_t>(role)]; }

std::optional<Role> ParseRole(std::string_view name) {
  auto found = std::find(RoleNames().begin(), RoleNames().end(), name);
  if (found == RoleNames().end()) return std::nullopt;
  return static_cast<Role>(found - RoleNames().begin());
}

Result<Keyring> Keyring::Create(int64_t version, std::map<Role, RoleKeys> roles) {
  std::map<PublicKey, Role> owner;
  for (const auto& [role, role_keys] : roles) {
    std::set<PublicKey> distinct(role_keys.keys.begin(), role_keys.keys.end());
    if (distinct.size() != role_keys.keys.size())
      return BadKeyring(StrCat("role ", RoleName(role), " lists a key twice"));
    if (role_keys.threshold < 1 || static_cast<size_t>(role_keys.threshold) > distinct.size()) {
      return BadKeyring(StrCat("role ", RoleName(role), " has ", distinct.size(),
                               " keys and a threshold of ", role_keys.threshold));
    }
    if (role == Role::kRoot) continue;
    for (const PublicKey& key : distinct) {
      auto [other, is_new] = owner.emplace(key, role);
      if (!is_new) {
        return BadKeyring(StrCat("one key stands in the roles ", RoleName(other->second), " and ",
                                 RoleName(role)));
      }
    }
  }
  if (owner.empty())
    return BadKeyring("it holds no signing key, so nothing could ever be installed");
  return Keyring(version, std::move(roles));
}

Result<Keyring> Keyring::Parse(std::string_view json) {
  auto document = Json::ParseStrict(json);
  if (!document) return BadKeyring(document.error().cause);
  JsonFields fields(*document, "keyring");
  int64_t version = fields.Integer("version", 1, Json::kMaxInteger);
  const Json& roles_json = fields.Required("roles");
  if (auto finished = fields.Finish(); !finished) return BadKeyring(finished.error().cause);
  if (roles_json.AsObject() == nullptr) return BadKeyring("\"roles\" is no object");
  std::map<Role, RoleKeys> roles;
  for (const auto& [name, value] : *roles_json.AsObject()) {
    if (IsForPeople(name)) continue;
    auto role = ParseRole(name);
    if (!role) return BadKeyring(StrCat("the role \"", name, "\" is unknown"));
    auto role_keys = ParseRoleKeys(value, name);
    if (!role_keys) return BadKeyring(role_keys.error().cause);
    roles.emplace(*role, *std::move(role_keys));
  }
  return Create(version, std::move(roles));
}

std::string Keyring::Serialize() const {
  Json roles = Json::EmptyObject();
  for (const auto& [role, role_keys] : roles_) {
    Json keys = Json::EmptyArray();
    for (const PublicKey& key : role_keys.keys) keys.Push(ToHex(key.bytes));
    Json entry = Json::EmptyObject();
    entry.Set("keys", std::move(keys)).Set("threshold", role_keys.threshold);
    roles.Set(std::string(RoleName(role)), std::move(entry));
  }
  Json keyring = Json::EmptyObject();
  keyring.Set("version", version_).Set("roles", std::move(roles));
  return keyring.Dump(true) + "\n";
}

Result<VouchingRoles> Keyring::Verify(ByteView header,
                                      const std::vector<SignatureEntry>& signatures) const {
  Bytes message = SignedMessage(header);
  VouchingRoles vouching;
  std::string missing;
  for (const auto& [role, role_keys] : roles_) {
    int count = 0;
    for (const PublicKey& key : role_keys.keys) {
      KeyId id = key.Id();
      bool signed_by_key = false;
      for (const SignatureEntry& entry : signatures) {
        if (entry.key_id != id) continue;
        if (!key.Verifies(message, entry.signature)) {
          return Error{
              ErrorCode::kUntrusted,
              StrCat("the signature by the ", RoleName(role), " key ", ToHex(id), " is wrong"),
              "upload the bundle again; if it stays wrong, ask its builder"};
        }
        signed_by_key = true;
      }
      count += signed_by_key ? 1 : 0;
    }
    if (count >= role_keys.threshold) {
      vouching.insert(role);
    } else if (count > 0) {
      missing = StrCat("the bundle has ", count, " of the ", role_keys.threshold,
                       " signatures that the role ", RoleName(role), " must give");
    }
  }
  if (vouching.empty() && !missing.empty()) {
    return Error{ErrorCode::kUntrusted, std::move(missing), "sign it with more keys of this role"};
  }
  if (vouching.empty()) {
    return Error{ErrorCode::kUntrusted, "no key that this probe trusts has signed the bundle",
                 "sign it with a key of the probe's keyring"};
  }
  return vouching;
}

Result<> Keyring::RequireRolesFor(Kind kind, const VouchingRoles& vouching) const {
  std::vector<Role> required;
  switch (kind) {
    case Kind::kProduct:
    case Kind::kServicePack:
      required.push_back(Role::kRelease);
      if (roles_.contains(Role::kQa)) required.push_back(Role::kQa);
      break;
    case Kind::kLicence:
      required.push_back(Role::kLicence);
      break;
    case Kind::kOrder:
      required.push_back(Role::kEngineer);
      break;
  }
  for (Role role : required) {
    if (vouching.contains(role)) continue;
    return Error{ErrorCode::kUntrusted,
                 StrCat("a ", KindName(kind), " needs signatures of the role ", RoleName(role),
                        ", which are missing"),
                 StrCat("sign the bundle with the ", RoleName(role), " key as well")};
  }
  return {};
}

}  // namespace ignite::format
