#include "packager/given_keys.h"

#include <algorithm>

#include "base/str_cat.h"
#include "packager/key_files.h"
#include "packager/program_signer.h"
#include "payload-format/container/layout.h"

namespace ignite::packager {

using format::KeyType;

Result<std::vector<std::unique_ptr<format::Signer>>> ReadSigners(const Arguments& arguments) {
  std::vector<std::unique_ptr<format::Signer>> signers;
  auto keys = TRY(ReadPrivateKeys(KeyType::kEd25519, arguments.Values("--sign")));
  for (format::PrivateKey& key : keys)
    signers.push_back(std::make_unique<format::KeySigner>(std::move(key)));

  auto command = arguments.Value("--with");
  auto public_path = arguments.Value("--public");
  if (command.has_value() != public_path.has_value()) {
    return Error{ErrorCode::kInvalidArgument, "--with and --public belong together",
                 "give the program that signs, and the public half of its key"};
  }
  if (command) {
    auto key = TRY(ReadPublicKey(KeyType::kEd25519, *public_path));
    bool known = std::any_of(signers.begin(), signers.end(),
                             [&](const auto& signer) { return signer->public_key() == key; });
    if (!known) signers.push_back(MakeProgramSigner(MakeSystemProcess(), *command, key));
  }

  if (signers.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no key to sign with is given",
                 "add --sign K.key; 'ignite-pack keygen --role release -o K' makes one"};
  }
  if (signers.size() > format::kMaxSignatures) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat(signers.size(), " keys are too many to sign with"),
                 StrCat("give at most ", format::kMaxSignatures)};
  }
  return signers;
}

Result<std::vector<format::PublicKey>> ReadRecipients(const Arguments& arguments) {
  std::vector<std::string> paths = arguments.Values("--recipient");
  for (const std::string& folder : arguments.Values("--recipients")) {
    auto found = TRY(FindPublicKeys(folder));
    paths.insert(paths.end(), found.begin(), found.end());
  }
  std::vector<format::PublicKey> recipients;
  for (const std::string& path : paths) {
    auto key = TRY(ReadPublicKey(KeyType::kX25519, path));
    if (std::find(recipients.begin(), recipients.end(), key) == recipients.end())
      recipients.push_back(key);
  }
  return recipients;
}

}  // namespace ignite::packager
