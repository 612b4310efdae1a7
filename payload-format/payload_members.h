// PAYLOAD.0000, PAYLOAD.0001, ...: one long run of stored bytes, cut into members of a fixed size.
// SPEC.md section 9.
#pragma once

#include "payload-format/members.h"

namespace ignite::format {

/// Reads the run through the members' header blocks and padding.
class PayloadMembersReader {
 public:
  /// `member_size` is smaller in tests only.
  PayloadMembersReader(BundleInput& input, uint64_t payload_size,
                       uint64_t member_size = kPayloadMemberSize)
      : input_(input), left_(payload_size), member_size_(member_size) {}

  /// Takes the member's padding when its last byte was read.
  Result<> Read(std::span<std::byte> buffer);

 private:
  BundleInput& input_;
  uint64_t left_;  ///< Of the run.
  uint64_t left_in_member_ = 0;
  uint64_t current_size_ = 0;
  uint64_t next_number_ = 0;
  uint64_t member_size_;
};

}  // namespace ignite::format
