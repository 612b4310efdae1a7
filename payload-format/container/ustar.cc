#include "payload-format/container/ustar.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace ignite::format {
namespace {

struct UstarHeader {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link_name[100];
  char magic[6];
  char version[2];
  char owner[32];
  char group[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(UstarHeader) == kTarBlock);

template <size_t N>
void PutOctal(char (&field)[N], uint64_t value) {
  for (size_t i = N - 1; i-- > 0; value /= 8) field[i] = static_cast<char>('0' + value % 8);
  field[N - 1] = '\0';
}

}  // namespace

TarBlock MakeTarBlock(std::string_view name, uint64_t size) {
  UstarHeader header{};
  name.copy(header.name, sizeof header.name - 1);
  PutOctal(header.mode, 0644);
  PutOctal(header.uid, 0);
  PutOctal(header.gid, 0);
  PutOctal(header.size, size);
  PutOctal(header.mtime, 0);
  header.type = '0';
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  PutOctal(header.device_major, 0);
  PutOctal(header.device_minor, 0);
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  for (std::byte b : std::as_bytes(std::span(&header, 1))) sum += std::to_integer<unsigned>(b);
  (void)snprintf(header.checksum, sizeof header.checksum, "%06o", sum);
  header.checksum[7] = ' ';
  TarBlock block;
  std::memcpy(block.data(), &header, block.size());
  return block;
}

Result<TarMember> ReadTarBlock(const TarBlock& block) {
  UstarHeader header;
  std::memcpy(&header, block.data(), block.size());
  TarMember member;
  member.name.assign(header.name, strnlen(header.name, sizeof header.name));
  // What is no octal digit gives another block.
  for (char c : std::string_view(header.size, sizeof header.size - 1))
    member.size = member.size * 8 + static_cast<uint64_t>(c - '0');
  if (MakeTarBlock(member.name, member.size) != block) {
    return Error{ErrorCode::kCorrupt, "a member header of the bundle is damaged",
                 "upload it again"};
  }
  return member;
}

std::string PayloadMemberName(uint64_t number) {
  std::array<char, 32> name{};
  (void)snprintf(name.data(), name.size(), "PAYLOAD.%04llu",
                 static_cast<unsigned long long>(number));
  return name.data();
}

uint64_t PayloadMembersLength(uint64_t payload_size, uint64_t member_size) {
  uint64_t whole = payload_size / member_size;
  uint64_t rest = payload_size % member_size;
  return whole * TarMemberLength(member_size) + (rest == 0 ? 0 : TarMemberLength(rest));
}

}  // namespace ignite::format
