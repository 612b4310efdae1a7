#include "packager/key_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/unique_fd.h"

namespace ignite::packager {
namespace {

constexpr size_t kMaxKeyFile = 16 * 1024;
constexpr size_t kMaxKeyringFile = 1024 * 1024;
constexpr std::string_view kPublicSuffix = ".pub";

/// Names the file in the error of parsing it.
template <class T>
Result<T> InFile(Result<T> parsed, const std::string& path) {
  if (parsed) return parsed;
  return std::move(parsed).error().With(Printable(path));
}

}  // namespace

Result<std::string> ReadGivenFile(const std::string& path, size_t limit) {
  auto text = MakePosixFileSystem()->ReadFile(path, limit);
  if (text) return text;
  return Error{ErrorCode::kInvalidArgument, Printable(text.error().cause), text.error().remedy};
}

Result<format::PrivateKey> ReadPrivateKey(format::KeyType type, const std::string& path) {
  std::string pem = TRY(ReadGivenFile(path, kMaxKeyFile));
  return InFile(format::PrivateKey::FromPem(type, pem), path);
}

Result<format::PublicKey> ReadPublicKey(format::KeyType type, const std::string& path) {
  std::string pem = TRY(ReadGivenFile(path, kMaxKeyFile));
  return InFile(format::PublicKey::FromPem(type, pem), path);
}

Result<format::Keyring> ReadKeyring(const std::string& path) {
  std::string json = TRY(ReadGivenFile(path, kMaxKeyringFile));
  return InFile(format::Keyring::Parse(json), path);
}

Result<std::vector<format::PrivateKey>> ReadPrivateKeys(format::KeyType type,
                                                        const std::vector<std::string>& paths) {
  std::vector<format::PrivateKey> keys;
  for (const std::string& path : paths) {
    format::PrivateKey key = TRY(ReadPrivateKey(type, path));
    bool known = std::any_of(keys.begin(), keys.end(), [&](const format::PrivateKey& other) {
      return other.public_key() == key.public_key();
    });
    if (!known) keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::vector<std::string>> FindPublicKeys(const std::string& folder) {
  std::vector<std::string> paths;
  auto names = MakePosixFileSystem()->List(folder);
  if (!names) {
    return Error{ErrorCode::kInvalidArgument, Printable(names.error().cause),
                 "give a folder of public keys"};
  }
  for (const std::string& name : *names) {
    if (name.ends_with(kPublicSuffix)) paths.push_back(StrCat(folder, "/", name));
  }
  if (!paths.empty()) return paths;
  return Error{ErrorCode::kInvalidArgument,
               StrCat("the folder '", Printable(folder), "' holds no public key (*.pub)"),
               "put the .pub file of every probe there"};
}

Result<> WriteNewFile(const std::string& path, std::string_view content, mode_t mode) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd && errno == EEXIST) {
    return Error{ErrorCode::kRefused, StrCat("'", Printable(path), "' exists already"),
                 "it is never overwritten: choose another name, or move it away first"};
  }
  if (!fd) return SystemError(StrCat("creating ", Printable(path)), errno);
  auto written = WriteAll(fd.get(), AsBytes(content), path);
  if (written && (fchmod(fd.get(), mode) != 0 || fsync(fd.get()) != 0)) {
    written = SystemError(StrCat("writing ", Printable(path)), errno);
  }
  if (!written) (void)unlink(path.c_str());
  return written;
}

Result<> WriteKeyPair(const format::PrivateKey& key, const std::string& stem) {
  std::string private_path = StrCat(stem, ".key");
  TRY(WriteNewFile(private_path, key.Pem(), 0600));
  auto written = WriteNewFile(StrCat(stem, kPublicSuffix), key.public_key().Pem(), 0644);
  if (!written) (void)unlink(private_path.c_str());
  return written;
}

}  // namespace ignite::packager
