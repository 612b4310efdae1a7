// A program as a signer, for a private key that never leaves its token.
#pragma once

#include <memory>
#include <string>

#include "base/process.h"
#include "payload-format/crypto/signer.h"

namespace ignite::packager {

/// `command` is a command line for /bin/sh. It gets the bytes to be signed on its standard input
/// and writes the 64 bytes of the Ed25519 signature to its standard output; it may talk to the
/// person at the terminal. kNotFound where there is no such program, kIo where it fails or writes
/// anything else.
std::unique_ptr<format::Signer> MakeProgramSigner(std::unique_ptr<Process> process,
                                                  std::string command, format::PublicKey key);

}  // namespace ignite::packager
