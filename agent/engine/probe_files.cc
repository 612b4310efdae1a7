#include "agent/engine/probe_files.h"

namespace ignite::engine {
namespace {

constexpr size_t kMaxFile = 1024 * 1024;

Result<std::string> ReadProvided(FileSystem& files, const std::string& path,
                                 std::string_view what) {
  auto text = files.ReadFile(path, kMaxFile);
  if (text || text.error().code != ErrorCode::kNotFound) return text;
  return Error{ErrorCode::kInvalidArgument, StrCat(path, " is missing"),
               StrCat("put ", what, " there")};
}

Result<format::PrivateKey> LoadIdentity(FileSystem& files, const std::string& path) {
  auto key =
      format::PrivateKey::FromPem(format::KeyType::kX25519, TRY(files.ReadFile(path, kMaxFile)));
  if (!key) return std::move(key).error().With(path);
  return key;
}

}  // namespace

Result<Settings> LoadSettings(FileSystem& files, const ProbePaths& paths) {
  return Settings::Parse(
      TRY(ReadProvided(files, paths.Settings(), "this probe's [probe] product and compatible")));
}

Result<format::Keyring> LoadKeyring(FileSystem& files, const ProbePaths& paths) {
  std::string text =
      TRY(ReadProvided(files, paths.Keyring(), "the keyring that 'ignite-pack keyring' makes"));
  auto keyring = format::Keyring::Parse(text);
  if (!keyring) return std::move(keyring).error().With(paths.Keyring());
  return keyring;
}

Result<std::vector<format::PrivateKey>> LoadIdentities(FileSystem& files, const ProbePaths& paths) {
  std::vector<format::PrivateKey> identities;
  if (TRY(files.Inspect(paths.Identity())))
    identities.push_back(TRY(LoadIdentity(files, paths.Identity())));
  for (const std::string& name : TRY(files.List(paths.Identities()))) {
    if (name.ends_with(".key"))
      identities.push_back(TRY(LoadIdentity(files, StrCat(paths.Identities(), "/", name))));
  }
  return identities;
}

Result<std::optional<format::PublicKey>> LoadReportRecipient(FileSystem& files,
                                                             const ProbePaths& paths,
                                                             const Settings& settings) {
  if (settings.report_recipient.empty()) return std::optional<format::PublicKey>();
  std::string path = paths.Host(settings.report_recipient);
  std::string pem = TRY(
      ReadProvided(files, path, "the public key of whoever reads reports, or no report-recipient"));
  auto key = format::PublicKey::FromPem(format::KeyType::kX25519, pem);
  if (!key) return std::move(key).error().With(path);
  return std::optional(*key);
}

Result<format::PrivateKey> ProvideProbeKey(FileSystem& files, const ProbePaths& paths) {
  constexpr mode_t kForRootAlone = 0600;
  constexpr auto kType = format::KeyType::kEd25519;
  std::string path = paths.ProbeKey();
  if (!TRY(files.Inspect(path))) {
    TRY(files.WriteAtomically(path, AsBytes(format::PrivateKey::Generate(kType).Pem()),
                              kForRootAlone));
  }
  auto key = format::PrivateKey::FromPem(kType, TRY(files.ReadFile(path, kMaxFile)));
  if (key) return key;
  return Error{ErrorCode::kInvalidArgument, StrCat(path, " is no private Ed25519 key in PEM"),
               "put it back from a backup; without one remove it, and tell whoever keeps the "
               "history of this probe that its probe.pub is another one"};
}

}  // namespace ignite::engine
