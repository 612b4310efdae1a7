#include "payload-format/members.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/chunk/chunk_codec.h"
#include "payload-format/crypto/hash.h"

namespace ignite::format {
namespace {

Error Unexpected(std::string_view found, std::string_view expected) {
  if (found == kTrustName) {
    return {ErrorCode::kUnsupported,
            "the bundle brings a new keyring (TRUST), which this version cannot read",
            "update ignite on this machine, or build the bundle without it"};
  }
  return {
      ErrorCode::kCorrupt,
      StrCat("the bundle has the member '", Printable(found, 20), "' where ", expected, " belongs"),
      "upload the bundle again"};
}

Error EndsEarly() {
  return {ErrorCode::kTruncated, "the bundle ends before its time: bytes are missing",
          "finish the upload, or upload it again"};
}

Error GoesOnBehindItsEnd() {
  return {ErrorCode::kCorrupt, "the bundle has bytes behind its end", "upload the bundle again"};
}

/// SPEC section 3. A plain bundle has no RECIPIENTS, whatever their size.
uint64_t LengthOf(const Header& header, uint64_t signatures_size, uint64_t recipients_size) {
  uint64_t length = TarMemberLength(kHeaderSize) + TarMemberLength(signatures_size);
  if (header.encrypted()) length += TarMemberLength(recipients_size);
  return length + TarMemberLength(header.manifest_size) + TarMemberLength(header.index_size()) +
         PayloadMembersLength(header.payload_size) + kTarEnd;
}

class BeginningOfFile : public InputFile {
 public:
  explicit BeginningOfFile(ByteView bytes) : rest_(bytes) {}
  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t count = std::min(buffer.size(), rest_.size());
    std::copy_n(rest_.begin(), count, buffer.begin());
    rest_ = rest_.subspan(count);
    return count;
  }
  Result<> Seek(uint64_t) override {
    return Error{ErrorCode::kInternal, "the beginning of a file is read once", ""};
  }
  Result<uint64_t> Size() override {
    return Error{ErrorCode::kInternal, "the beginning of a file does not tell its size", ""};
  }

 private:
  ByteView rest_;
};

Result<uint64_t> ExpectSignatures(BundleInput& input) {
  return input.ExpectMember(kSignaturesName, kSignatureEntrySize,
                            kMaxSignatures * kSignatureEntrySize);
}

Result<uint64_t> ExpectRecipients(BundleInput& input) {
  return input.ExpectMember(kRecipientsName, kMacSize, kMaxRecipientsSize);
}

Error NotAsInHeader(std::string_view member) {
  return {ErrorCode::kCorrupt, StrCat("the bundle's ", member, " does not agree with its HEADER"),
          "upload the bundle again"};
}

Result<Bytes> ReadWithDigest(BundleInput& input, std::string_view name, uint64_t size,
                             const Sha256Digest& digest) {
  TRY(input.ExpectMember(name, size, size));
  Bytes stored = TRY(input.ReadContent(size));
  if (Sha256(stored) != digest) return NotAsInHeader(name);
  return stored;
}

Result<uint64_t> AnnouncedLength(BundleInput& input) {
  TRY(input.ExpectMember(kHeaderName, kHeaderSize, kHeaderSize));
  Header header = TRY(Header::Parse(TRY(input.ReadContent(kHeaderSize))));
  uint64_t signatures_size = TRY(ExpectSignatures(input));
  if (!header.encrypted()) return LengthOf(header, signatures_size, 0);
  TRY(input.ReadContent(signatures_size));
  return LengthOf(header, signatures_size, TRY(ExpectRecipients(input)));
}

}  // namespace

Result<> BundleInput::Read(std::span<std::byte> buffer) {
  if (TRY(file_->Read(buffer)) == buffer.size()) return {};
  return EndsEarly();
}

Result<uint64_t> BundleInput::ExpectMember(std::string_view name, uint64_t smallest,
                                           uint64_t largest) {
  TarBlock block;
  TRY(Read(block));
  TarMember member = TRY(ReadTarBlock(block));
  if (member.name != name) return Unexpected(member.name, name);
  if (member.size < smallest || member.size > largest) {
    return Error{ErrorCode::kCorrupt,
                 StrCat("the bundle's ", name, " has a size that it cannot have"),
                 "upload the bundle again"};
  }
  return member.size;
}

Result<Bytes> BundleInput::ReadContent(uint64_t size) {
  Bytes content(size);
  TRY(Read(content));
  TRY(ReadPadding(size));
  return content;
}

Result<> BundleInput::ReadPadding(uint64_t size) {
  Bytes padding(TarPadding(size));
  TRY(Read(padding));
  if (IsAllZero(padding)) return {};
  return Error{ErrorCode::kCorrupt, "the bundle has bytes between its members",
               "upload the bundle again"};
}

Result<> BundleInput::ReadEnd() {
  Bytes end(kTarEnd);
  TRY(Read(end));
  std::byte extra;
  if (IsAllZero(end) && TRY(file_->Read(std::span(&extra, 1))) == 0) return {};
  return GoesOnBehindItsEnd();
}

Result<> BundleInput::CheckLength(uint64_t expected) {
  uint64_t size = TRY(file_->Size());
  if (size < expected) return EndsEarly();
  if (size > expected) return GoesOnBehindItsEnd();
  return {};
}

Result<EarlyMembers> ReadEarlyMembers(BundleInput& input, const Vouch& vouch) {
  EarlyMembers early;
  TRY(input.ExpectMember(kHeaderName, kHeaderSize, kHeaderSize));
  early.header_bytes = TRY(input.ReadContent(kHeaderSize));
  early.header = TRY(Header::Parse(early.header_bytes));
  early.signatures = TRY(ParseSignatures(TRY(input.ReadContent(TRY(ExpectSignatures(input))))));
  TRY(vouch(early.header_bytes, early.signatures));
  if (early.header.encrypted()) {
    early.recipients = TRY(input.ReadContent(TRY(ExpectRecipients(input))));
  }
  return early;
}

uint64_t EarlyMembers::BundleLength() const {
  return LengthOf(header, signatures.size() * kSignatureEntrySize, recipients.size());
}

Result<Bytes> ReadStoredManifest(BundleInput& input, const Header& header) {
  return ReadWithDigest(input, kManifestName, header.manifest_size, header.manifest_digest);
}

Result<Manifest> ReadManifest(BundleInput& input, const Header& header,
                              const std::optional<FileKey>& file_key) {
  Bytes stored = TRY(ReadStoredManifest(input, header));
  std::optional<Bytes> json =
      file_key ? OpenManifest(stored, DeriveStreamKey(*file_key, header, 0)) : std::move(stored);
  if (!json || Sha256(*json) != header.content_id) return NotAsInHeader(kManifestName);
  return Manifest::Parse(AsText(*json), header.chunk_size, header.chunk_count);
}

Result<Bytes> ReadStoredIndex(BundleInput& input, const Header& header) {
  return ReadWithDigest(input, kIndexName, header.index_size(), header.index_digest);
}

Result<std::optional<uint64_t>> ExpectedLength(ByteView beginning) {
  // Anything that does not start like the first member is known to be no bundle long before its
  // first block is whole.
  TarBlock first = MakeTarBlock(kHeaderName, kHeaderSize);
  size_t seen = std::min(beginning.size(), first.size());
  if (!std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(seen),
                  beginning.begin())) {
    return Error{ErrorCode::kCorrupt, "this file is no ignite bundle",
                 "upload a file made by ignite-pack"};
  }
  BundleInput input(std::make_unique<BeginningOfFile>(beginning));
  auto length = AnnouncedLength(input);
  if (length) return std::optional(*length);
  if (length.error().code == ErrorCode::kTruncated) return std::optional<uint64_t>();
  return std::move(length).error();
}

}  // namespace ignite::format
