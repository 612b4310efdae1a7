// The members in front of the payload, read in their fixed order and checked as far as each can be
// on its own.
//
// Used by VerifiedBundle, which adds trust, and by `ignite-pack inspect`, which only looks. Nothing
// here is trusted yet.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "base/file_system.h"
#include "payload-format/container/header.h"
#include "payload-format/container/recipients.h"
#include "payload-format/container/signatures.h"
#include "payload-format/container/ustar.h"
#include "payload-format/manifest/manifest.h"

namespace ignite::format {

/// A bundle as a stream of bytes, each of which is read once.
class BundleInput {
 public:
  explicit BundleInput(std::unique_ptr<InputFile> file) : file_(std::move(file)) {}

  /// kTruncated where the file ends first.
  Result<> Read(std::span<std::byte> buffer);
  /// The header block of the next member, which must be `name` and have `smallest` to `largest`
  /// bytes: how many. kUnsupported where TRUST stands there.
  Result<uint64_t> ExpectMember(std::string_view name, uint64_t smallest, uint64_t largest);
  /// The content of a member and its padding, which must be zero.
  Result<Bytes> ReadContent(uint64_t size);
  Result<> ReadPadding(uint64_t size);
  /// The two zero blocks, and nothing behind them.
  Result<> ReadEnd();
  /// kTruncated or kCorrupt, as from reading to the end, where the file has another length now.
  Result<> CheckLength(uint64_t expected);

 private:
  std::unique_ptr<InputFile> file_;
};

/// HEADER, SIGNATURES and RECIPIENTS. The input stands in front of MANIFEST's content afterwards.
struct EarlyMembers {
  Bytes header_bytes;
  Header header;
  std::vector<SignatureEntry> signatures;
  Bytes recipients;  ///< Empty in a plain bundle.

  /// What the whole file has to have.
  uint64_t BundleLength() const;
};

/// `vouch` is asked as soon as the signatures are read; nothing behind them is read when it gives
/// an Error.
using Vouch =
    std::function<Result<>(ByteView header, const std::vector<SignatureEntry>& signatures)>;
Result<EarlyMembers> ReadEarlyMembers(BundleInput& input, const Vouch& vouch);

/// Reads MANIFEST as it is stored and checks it against HEADER.
Result<Bytes> ReadStoredManifest(BundleInput& input, const Header& header);
/// The same, and decrypts and parses it.
Result<Manifest> ReadManifest(BundleInput& input, const Header& header,
                              const std::optional<FileKey>& file_key);
/// Reads INDEX as it is stored and checks it against HEADER.
Result<Bytes> ReadStoredIndex(BundleInput& input, const Header& header);

/// The whole length of the bundle that begins with these bytes: nullopt while they are too few to
/// say, kCorrupt or kUnsupported where no bundle begins so. 4 KiB are always enough. The bytes are
/// not verified: a hint for waiting.
Result<std::optional<uint64_t>> ExpectedLength(ByteView beginning);

}  // namespace ignite::format
