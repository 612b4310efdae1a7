#include "payload-format/payload_members.h"

#include <algorithm>

namespace ignite::format {

Result<> PayloadMembersReader::Read(std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    if (left_in_member_ == 0) {
      current_size_ = std::min(left_, member_size_);
      TRY(input_.ExpectMember(PayloadMemberName(next_number_), current_size_, current_size_));
      left_in_member_ = current_size_;
      ++next_number_;
    }
    size_t count = static_cast<size_t>(std::min<uint64_t>(buffer.size(), left_in_member_));
    TRY(input_.Read(buffer.first(count)));
    buffer = buffer.subspan(count);
    left_ -= count;
    left_in_member_ -= count;
    if (left_in_member_ == 0) TRY(input_.ReadPadding(current_size_));
  }
  return {};
}

}  // namespace ignite::format
