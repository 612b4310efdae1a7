#include "payload-format/bundle_rewrapper.h"

#include "payload-format/container/index.h"
#include "payload-format/container/recipients.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/members.h"
#include "payload-format/output_bundle.h"
#include "payload-format/payload_members.h"

namespace ignite::format {
namespace {

/// Copies chunk by chunk, so that damage is found here and not by every probe.
Result<> CopyPayload(BundleInput& input, const Header& header, const Index& index,
                     OutputBundle& output, const WriteProgress& progress) {
  PayloadMembersReader stored(input, header.payload_size);
  for (const IndexEntry& entry : index) {
    Bytes chunk(entry.stored_size);
    TRY(stored.Read(chunk));
    TRY(CheckChunk(chunk, entry));
    TRY(output.Append(chunk));
    progress(output.payload_size(), header.payload_size);
  }
  return input.ReadEnd();
}

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
  FrontMembers front;
  front.recipients = TRY(WriteRecipients(file_key, header, recipients));
  front.manifest = TRY(ReadStoredManifest(input, header));
  front.index = TRY(ReadStoredIndex(input, header));
  Index index = TRY(ParseIndex(front.index, header));

  OutputBundle output =
      TRY(OutputBundle::Create(path, header, early.signatures.size(), front.recipients.size()));
  TRY(CopyPayload(input, header, index, output, progress));
  front.header = std::move(early.header_bytes);
  front.signatures = WriteSignatures(early.signatures);
  return WrittenBundle{header.content_id, TRY(output.Finish(front))};
}

}  // namespace ignite::format
