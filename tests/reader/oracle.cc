// What ignite's own reader says of bundles, for the comparison with the second reader.
//
// usage: ignite-format-oracle KEYRING IDENTITY    IDENTITY is a raw X25519 key, in hexadecimal
// Takes bundles from standard input, each behind its size (u64, little-endian), and answers each
// with a line: "accepted CONTENT-ID DIGEST", where DIGEST is over all entries of all trees and the
// bytes of all images, or "refused CODE CAUSE".

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/str_cat.h"
#include "tests/fakes/judge.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite {
namespace {

using fakes::Must;

int Run(const std::string& keyring_path, const std::string& identity_hex) {
  auto files = MakePosixFileSystem();
  auto keyring = Must(format::Keyring::Parse(Must(files->ReadFile(keyring_path, 1 << 20))));
  auto identity =
      format::PrivateKey::FromRaw(format::KeyType::kX25519, FromHex(identity_hex).value());
  uint64_t size = 0;
  while (std::cin.read(reinterpret_cast<char*>(&size), sizeof size)) {
    Bytes bundle(size);
    if (!std::cin.read(reinterpret_cast<char*>(bundle.data()), static_cast<std::streamsize>(size)))
      return EXIT_FAILURE;
    auto verdict = fakes::Judge(fakes::MakeMemoryFile(bundle), keyring, std::span(&identity, 1),
                                format::PlainBundles::kAccepted);
    std::cout << (verdict
                      ? StrCat("accepted ", verdict->content_id.Hex(), " ", verdict->entries.Hex())
                      : StrCat("refused ", ErrorCodeName(verdict.error().code), " ",
                               verdict.error().cause))
              << std::endl;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace ignite

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: ignite-format-oracle KEYRING IDENTITY\n";
    return 2;
  }
  return ignite::Run(argv[1], argv[2]);
}
