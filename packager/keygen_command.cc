#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/commands.h"
#include "packager/key_files.h"

namespace ignite::packager {

Result<Report> Keygen(const Arguments& arguments) {
  auto role = arguments.Value("--role");
  if (role.has_value() == arguments.Has("--identity")) {
    return Error{ErrorCode::kInvalidArgument, "either --role ROLE or --identity is needed",
                 "--role makes a key that signs, --identity one that a probe decrypts with"};
  }
  if (role && !format::ParseRole(*role)) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("the role '", Printable(*role), "' is unknown"),
                 SuggestWord(*role, format::RoleNames())};
  }
  auto type = role ? format::KeyType::kEd25519 : format::KeyType::kX25519;
  std::string stem = *arguments.Value("-o");
  auto key = format::PrivateKey::Generate(type);
  TRY(WriteKeyPair(key, stem));

  std::string id = ToHex(key.public_key().Id());
  Report report;
  report.document.Set("private-key", stem + ".key").Set("public-key", stem + ".pub");
  report.document.Set("type", role ? "ed25519" : "x25519").Set("key-id", id);
  report.document.Set("role", role ? Json(*role) : Json());
  report.text =
      StrCat("made ", Printable(stem), ".key (keep it secret) and ", Printable(stem), ".pub  ",
             role ? StrCat(*role, " key ") : std::string("identity "), id, "\n");
  return report;
}

}  // namespace ignite::packager
