// Bytes, little-endian integers and hexadecimal: the alphabet of every binary format of the
// project.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ignite {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView AsBytes(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends little-endian integers and raw bytes to a buffer.
class ByteWriter {
 public:
  ByteWriter& U8(uint8_t value) { return Integer(value, 1); }
  ByteWriter& U16(uint16_t value) { return Integer(value, 2); }
  ByteWriter& U32(uint32_t value) { return Integer(value, 4); }
  ByteWriter& U64(uint64_t value) { return Integer(value, 8); }
  ByteWriter& Raw(ByteView bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& Zeros(size_t count) {
    buffer_.resize(buffer_.size() + count);
    return *this;
  }
  const Bytes& bytes() const& { return buffer_; }
  Bytes&& bytes() && { return std::move(buffer_); }

 private:
  ByteWriter& Integer(uint64_t value, int size);
  Bytes buffer_;
};

/// Takes little-endian integers and raw bytes off the front of a view. Reading past the end gives
/// zeros and makes `ok()` false for ever, so a parser may read a whole record and ask once.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  uint8_t U8() { return static_cast<uint8_t>(Integer(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Integer(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Integer(4)); }
  uint64_t U64() { return Integer(8); }
  ByteView Raw(size_t count);
  template <size_t N>
  std::array<std::byte, N> Array() {
    std::array<std::byte, N> copy{};
    ByteView taken = Raw(N);
    for (size_t i = 0; i < taken.size(); ++i) copy[i] = taken[i];
    return copy;
  }

  bool ok() const { return ok_; }
  size_t remaining() const { return rest_.size(); }

 private:
  uint64_t Integer(size_t size);
  ByteView rest_;
  bool ok_ = true;
};

bool IsAllZero(ByteView bytes);

/// Lower-case hexadecimal without separators; FromHex takes exactly that form and nothing else.
std::string ToHex(ByteView bytes);
std::optional<Bytes> FromHex(std::string_view hex);

/// `a + b`, or nullopt where the sum does not fit: every size that comes from a file is added this
/// way.
std::optional<uint64_t> CheckedAdd(uint64_t a, uint64_t b);

}  // namespace ignite
