// The keys that a command line gives to make a bundle with: who signs, and who may read.
#pragma once

#include <memory>
#include <vector>

#include "base/arguments.h"
#include "payload-format/crypto/signer.h"

namespace ignite::packager {

/// --sign KEY, repeatedly, and --with COMMAND --public PUB, each key once. kInvalidArgument where
/// there is none, or more than a bundle takes.
Result<std::vector<std::unique_ptr<format::Signer>>> ReadSigners(const Arguments& arguments);

/// --recipient PUB, repeatedly, and every *.pub of --recipients DIR, repeatedly, each probe once;
/// empty where neither is given.
Result<std::vector<format::PublicKey>> ReadRecipients(const Arguments& arguments);

}  // namespace ignite::packager
