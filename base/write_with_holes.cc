#include "base/write_with_holes.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/str_cat.h"

namespace ignite {
namespace {

/// No hole is smaller on the usual file systems.
constexpr size_t kBlock = 4096;

bool IsZero(ByteView bytes) {
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

Result<> WriteAt(int fd, uint64_t offset, ByteView bytes, std::string_view what) {
  while (!bytes.empty()) {
    ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(StrCat("writing ", what), errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

}  // namespace

Result<> WriteWithHoles(int fd, uint64_t offset, ByteView bytes, std::string_view what) {
  if (bytes.empty()) return {};
  size_t begin = 0;  // Of what is still to be written.
  for (size_t place = 0; place < bytes.size();) {
    size_t to_boundary = kBlock - static_cast<size_t>((offset + place) % kBlock);
    ByteView block = bytes.subspan(place, std::min(to_boundary, bytes.size() - place));
    if (IsZero(block)) {
      TRY(WriteAt(fd, offset + begin, bytes.subspan(begin, place - begin), what));
      begin = place + block.size();
    }
    place += block.size();
  }
  TRY(WriteAt(fd, offset + begin, bytes.subspan(begin), what));
  bool ends_in_hole = begin == bytes.size();
  if (ends_in_hole && ftruncate(fd, static_cast<off_t>(offset + bytes.size())) != 0)
    return SystemError(StrCat("extending ", what), errno);
  return {};
}

}  // namespace ignite
