// The tar skin of a bundle: each member's header block is a function of its name and size, so a
// reader makes the block it expects and compares, instead of parsing what it got.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "payload-format/container/layout.h"

namespace ignite::format {

using TarBlock = std::array<std::byte, kTarBlock>;

/// Source of the layout: POSIX.1-1988 ustar. Mode 0644, owner and time zero. `size` below 8 GiB.
TarBlock MakeTarBlock(std::string_view name, uint64_t size);

/// The member name and size that a block claims; kCorrupt where MakeTarBlock would give other
/// bytes.
struct TarMember {
  std::string name;
  uint64_t size = 0;
};
Result<TarMember> ReadTarBlock(const TarBlock& block);

/// Zero bytes behind a member of this size.
inline uint64_t TarPadding(uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }
inline uint64_t TarMemberLength(uint64_t size) { return kTarBlock + size + TarPadding(size); }

/// "PAYLOAD.0000" for number 0.
std::string PayloadMemberName(uint64_t number);
/// What all PAYLOAD members of a bundle with so many stored bytes take in the file, headers and
/// padding included.
uint64_t PayloadMembersLength(uint64_t payload_size, uint64_t member_size = kPayloadMemberSize);

}  // namespace ignite::format
