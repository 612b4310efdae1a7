// Every constant of the bundle format, version 0. The text is SPEC.md; a change here changes it in
// the same commit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ignite::format {

inline constexpr uint16_t kFormatVersion = 0;
inline constexpr std::string_view kFormatLabel = "ignite/v0";

// SPEC section 3: the container.
inline constexpr size_t kTarBlock = 512;
inline constexpr size_t kTarEnd = 2 * kTarBlock;
inline constexpr uint64_t kPayloadMemberSize = uint64_t{1} << 31;
inline constexpr std::string_view kHeaderName = "HEADER";
inline constexpr std::string_view kSignaturesName = "SIGNATURES";
inline constexpr std::string_view kTrustName = "TRUST";
inline constexpr std::string_view kRecipientsName = "RECIPIENTS";
inline constexpr std::string_view kManifestName = "MANIFEST";
inline constexpr std::string_view kIndexName = "INDEX";

// SPEC section 4: HEADER.
inline constexpr std::array<unsigned char, 8> kMagic = {0x89, 'I', 'G', 'N', 'I', 'T', 'E', '\n'};
inline constexpr size_t kHeaderSize = 256;
inline constexpr uint32_t kMinChunkSize = 4 * 1024;
inline constexpr uint32_t kMaxChunkSize = 1024 * 1024;
inline constexpr uint64_t kMaxChunks = uint64_t{1} << 18;
inline constexpr uint32_t kMaxManifestSize = 4 * 1024 * 1024;

// SPEC section 5: SIGNATURES.
inline constexpr std::string_view kSignatureType = "application/vnd.ignite.header.v0";
inline constexpr size_t kSignatureEntrySize = 8 + 64;
inline constexpr size_t kMaxSignatures = 16;

// SPEC section 7: RECIPIENTS.
inline constexpr uint16_t kKemX25519 = 1;
inline constexpr size_t kRecipientBodySize = 8 + 32 + 32 + 16;
inline constexpr size_t kMaxRecipientsSize = 1024 * 1024;
inline constexpr size_t kMacSize = 32;
inline constexpr size_t kFileKeySize = 32;

// SPEC section 9: INDEX and chunks.
inline constexpr size_t kIndexEntrySize = 32 + 4;
inline constexpr uint32_t kMaxChunkOverhead = 4096;

}  // namespace ignite::format
