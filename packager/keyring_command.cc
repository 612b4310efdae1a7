#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/commands.h"
#include "packager/key_files.h"
#include "payload-format/container/layout.h"

namespace ignite::packager {
namespace {

using format::Role;
using Roles = std::map<Role, format::Keyring::RoleKeys>;

struct RoleValue {
  Role role;
  std::string value;
};

/// "release=K.pub"
Result<RoleValue> Split(std::string_view option, const std::string& text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("'", Printable(text), "' does not fit ", option),
                 StrCat("write ", option, " release=", option == "--role" ? "K.pub" : "2")};
  }
  std::string name = text.substr(0, equals);
  auto role = format::ParseRole(name);
  if (!role) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the role '", Printable(name), "' is unknown"),
                 SuggestWord(name, format::RoleNames())};
  }
  return RoleValue{*role, text.substr(equals + 1)};
}

Result<> SetThreshold(Roles& roles, const std::string& text) {
  auto [role, value] = TRY(Split("--threshold", text));
  auto number = ParseNumber(value);
  if (!number || *number < 1 || *number > format::kMaxSignatures) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("the threshold '", Printable(value), "' is not possible"),
                 StrCat("give the number of keys of the role that must sign, 1 to ",
                        format::kMaxSignatures)};
  }
  auto found = roles.find(role);
  if (found == roles.end()) {
    return Error{
        ErrorCode::kInvalidArgument,
        StrCat("there is a threshold for the role ", format::RoleName(role), ", but no key"),
        StrCat("add --role ", format::RoleName(role), "=K.pub")};
  }
  found->second.threshold = static_cast<int>(*number);
  return {};
}

}  // namespace

Result<Report> MakeKeyring(const Arguments& arguments) {
  Roles roles;
  for (const std::string& text : arguments.Values("--role")) {
    auto [role, path] = TRY(Split("--role", text));
    roles[role].keys.push_back(TRY(ReadPublicKey(format::KeyType::kEd25519, path)));
  }
  if (roles.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no key is given", "add --role release=K.pub"};
  }
  for (const std::string& text : arguments.Values("--threshold")) TRY(SetThreshold(roles, text));
  auto keyring = format::Keyring::Create(1, std::move(roles));
  if (!keyring) {
    return std::move(keyring).error().WithRemedy(
        "give every key to one role, and no threshold above the number of keys");
  }
  std::string output = *arguments.Value("-o");
  TRY(WriteNewFile(output, keyring->Serialize(), 0644));

  Report report;
  report.text = StrCat("made ", Printable(output), "  version ", keyring->version(), "\n");
  Json roles_json = Json::EmptyObject();
  for (const auto& [role, role_keys] : keyring->roles()) {
    std::string name(format::RoleName(role));
    Json ids = Json::EmptyArray();
    report.text += StrCat("  ", name, ": ", role_keys.threshold, " of");
    for (const auto& key : role_keys.keys) {
      std::string id = ToHex(key.Id());
      report.text += StrCat(" ", id);
      ids.Push(id);
    }
    report.text += "\n";
    Json entry = Json::EmptyObject();
    entry.Set("key-ids", std::move(ids)).Set("threshold", role_keys.threshold);
    roles_json.Set(name, std::move(entry));
  }
  report.document.Set("keyring", output).Set("version", keyring->version());
  report.document.Set("roles", std::move(roles_json));
  return report;
}

}  // namespace ignite::packager
