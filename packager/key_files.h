// Key pairs and keyrings as files: reading those that the command line names, and making new ones.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "payload-format/crypto/key.h"
#include "payload-format/trust/keyring.h"

namespace ignite::packager {

/// A file that the command line names. Every error is kInvalidArgument and names the file.
Result<std::string> ReadGivenFile(const std::string& path, size_t limit);

Result<format::PrivateKey> ReadPrivateKey(format::KeyType type, const std::string& path);
Result<format::PublicKey> ReadPublicKey(format::KeyType type, const std::string& path);
Result<format::Keyring> ReadKeyring(const std::string& path);
/// Of several files, each key once, in the order given.
Result<std::vector<format::PrivateKey>> ReadPrivateKeys(format::KeyType type,
                                                        const std::vector<std::string>& paths);
/// Every *.pub in the folder, in the order of their names; kInvalidArgument where there is none.
Result<std::vector<std::string>> FindPublicKeys(const std::string& folder);

/// STEM.key (mode 0600) and STEM.pub: both or none, and kRefused where one of them exists.
Result<> WriteKeyPair(const format::PrivateKey& key, const std::string& stem);
/// A new, durable file; kRefused where one exists.
Result<> WriteNewFile(const std::string& path, std::string_view content, mode_t mode);

}  // namespace ignite::packager
