// Whole bundles through VerifiedBundle and the checks of `ignite-pack verify`: first as they stand,
// then made whole again, so that what lies behind signatures and digests is reached.

#include <algorithm>

#include "payload-format/members.h"
#include "tests/fakes/judge.h"
#include "tests/fakes/memory_file.h"
#include "tests/fuzz/reseal.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

auto Judge(ByteView bundle, format::PlainBundles plain) {
  const BundleKeys& keys = KeysOfVectors();
  return fakes::Judge(fakes::MakeMemoryFile(bundle), keys.keyring, keys.identities, plain);
}

/// What the beginning of a file says of its length must hold for any longer beginning.
void ReadLength(ByteView input) {
  auto whole = format::ExpectedLength(input.first(std::min<size_t>(input.size(), 4096)));
  PromiseGoodError(whole);
  for (size_t size : {input.size() / 2, std::min<size_t>(input.size(), 1100)}) {
    auto part = format::ExpectedLength(input.first(std::min<size_t>(size, 4096)));
    if (part && *part) Promise(whole && *whole == *part, "a beginning says one length");
    if (!part) Promise(!whole, "a beginning that is no bundle's does not become one");
  }
}

void Read(ByteView bundle) {
  ReadLength(bundle);
  auto verdict = Judge(bundle, format::PlainBundles::kAccepted);
  PromiseGoodError(verdict);
  auto strict = Judge(bundle, format::PlainBundles::kRefused);
  PromiseGoodError(strict);
  if (strict) Promise(verdict && verdict->content_id == strict->content_id, "both agree");
  if (!verdict) return;
  auto length = format::ExpectedLength(bundle);
  Promise(length && *length == bundle.size(), "an accepted bundle is as long as it says");
  auto shorter = Judge(bundle.first(bundle.size() - 1), format::PlainBundles::kAccepted);
  Promise(!shorter && shorter.error().code == ErrorCode::kTruncated, "no byte can be missing");
}

const Target kContainer{"container", [](ByteView input) {
                          Read(input);
                          if (auto whole = Reseal(input)) Read(*whole);
                        }};

}  // namespace
}  // namespace ignite::fuzz
