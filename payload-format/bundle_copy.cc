#include "payload-format/bundle_copy.h"

#include "payload-format/container/index.h"
#include "payload-format/crypto/hash.h"
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

}  // namespace

Result<WrittenBundle> CopyBundle(BundleInput& input, EarlyMembers early,
                                 std::span<const std::unique_ptr<Signer>> signers,
                                 const std::string& path, const WriteProgress& progress) {
  const Header& header = early.header;
  FrontMembers front;
  front.recipients = std::move(early.recipients);
  front.manifest = TRY(ReadStoredManifest(input, header));
  front.index = TRY(ReadStoredIndex(input, header));
  Index index = TRY(ParseIndex(front.index, header));

  OutputBundle output = TRY(OutputBundle::Create(
      path, header, early.signatures.size() + signers.size(), front.recipients.size()));
  TRY(CopyPayload(input, header, index, output, progress));
  for (const auto& signer : signers)
    early.signatures.push_back(TRY(SignHeader(*signer, early.header_bytes)));
  front.header = std::move(early.header_bytes);
  front.signatures = WriteSignatures(early.signatures);
  return WrittenBundle{header.content_id, TRY(output.Finish(front))};
}

}  // namespace ignite::format
