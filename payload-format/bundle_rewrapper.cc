#include "payload-format/bundle_rewrapper.h"

#include "payload-format/bundle_copy.h"
#include "payload-format/container/recipients.h"
#include "payload-format/members.h"

namespace ignite::format {
namespace {

Result<FileKey> Unlock(const EarlyMembers& early, std::span<const PrivateKey> identities) {
  auto file_key = OpenRecipients(early.recipients, early.header, identities);
  if (file_key || file_key.error().code != ErrorCode::kNotAddressed) return file_key;
  return Error{ErrorCode::kNotAddressed, "the bundle is not encrypted to the identity given",
               "give the secret key of one of its recipients"};
}

}  // namespace

Result<WrittenBundle> RewrapBundle(std::unique_ptr<InputFile> bundle,
                                   std::span<const PrivateKey> identities,
                                   std::span<const PublicKey> recipients, const std::string& path,
                                   const WriteProgress& progress) {
  BundleInput input(std::move(bundle));
  EarlyMembers early =
      TRY(ReadEarlyMembers(input, [](ByteView, const auto&) -> Result<> { return {}; }));
  const Header& header = early.header;
  if (!header.encrypted()) {
    return Error{ErrorCode::kNotAddressed, "the bundle is not encrypted, so it has no recipients",
                 "build it with --recipient"};
  }
  FileKey file_key = TRY(Unlock(early, identities));
  early.recipients = TRY(WriteRecipients(file_key, header, recipients));
  return CopyBundle(input, std::move(early), {}, path, progress);
}

}  // namespace ignite::format
