// An input file in memory.
#pragma once

#include <algorithm>

#include "base/file_system.h"

namespace ignite::fakes {

class MemoryFile : public InputFile {
 public:
  explicit MemoryFile(Bytes bytes) : bytes_(std::move(bytes)) {}

  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t count = std::min(buffer.size(), bytes_.size() - place_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(place_), count, buffer.begin());
    place_ += count;
    return count;
  }
  Result<> Seek(uint64_t offset) override {
    place_ = std::min<size_t>(offset, bytes_.size());
    return {};
  }
  Result<uint64_t> Size() override { return bytes_.size(); }

 private:
  Bytes bytes_;
  size_t place_ = 0;
};

inline std::unique_ptr<InputFile> MakeMemoryFile(ByteView bytes) {
  return std::make_unique<MemoryFile>(Bytes(bytes.begin(), bytes.end()));
}

}  // namespace ignite::fakes
