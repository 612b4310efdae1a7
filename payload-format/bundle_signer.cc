#include "payload-format/bundle_signer.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/bundle_copy.h"
#include "payload-format/members.h"

namespace ignite::format {
namespace {

/// A second entry of the key would count for nothing, and beside a wrong one every probe that
/// trusts the key refuses the bundle.
Result<> RefuseKeyThatIsThere(const PublicKey& key, const EarlyMembers& early) {
  const KeyId id = key.Id();
  for (const SignatureEntry& entry : early.signatures) {
    if (entry.key_id != id) continue;
    if (key.Verifies(SignedMessage(early.header_bytes), entry.signature)) {
      return Error{ErrorCode::kRefused,
                   StrCat("the key ", ToHex(id), " has signed the bundle already"),
                   "sign with another key, or leave the bundle as it is"};
    }
    return Error{ErrorCode::kUntrusted,
                 StrCat("the signature by the key ", ToHex(id), " that the bundle has is wrong"),
                 "fetch the bundle again; if it stays wrong, ask its builder"};
  }
  return {};
}

}  // namespace

Result<WrittenBundle> AddSignatures(std::unique_ptr<InputFile> bundle,
                                    std::span<const std::unique_ptr<Signer>> signers,
                                    const std::string& path, const WriteProgress& progress) {
  BundleInput input(std::move(bundle));
  EarlyMembers early =
      TRY(ReadEarlyMembers(input, [](ByteView, const auto&) -> Result<> { return {}; }));
  for (const auto& signer : signers) TRY(RefuseKeyThatIsThere(signer->public_key(), early));
  if (early.signatures.size() + signers.size() > kMaxSignatures) {
    return Error{
        ErrorCode::kInvalidArgument,
        StrCat("the bundle has ", Counted(early.signatures.size(), "signature", "signatures"),
               " already, and takes ", kMaxSignatures, " in all"),
        "sign with fewer keys"};
  }
  return CopyBundle(input, std::move(early), signers, path, progress);
}

}  // namespace ignite::format
