// Writes an image into the slot that does not run, and proves that the device has it.
//
// The bytes go past the page cache, so that the probe's own work keeps its memory, no byte is
// copied twice, and a power cut finds little unwritten. Blocks that the slot holds already are not
// written again. Zeros are punched, never discarded: a discarded block may return what was there
// before. At the end the device itself is read back and each block compared with the hash (XXH3) of
// the authenticated bytes that were meant for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace ignite::handlers {

class SlotImage {
 public:
  /// false: give up, with kCancelled.
  using GoOn = std::function<bool()>;

  /// What stands in the way of writing an image of `size` bytes there: kRefused where the slot is
  /// too small, mounted, read-only, or neither a block device nor a file. Writes nothing.
  static Result<> Check(const std::string& device, uint64_t size);
  /// `device` was checked; `size` is that of all bytes to come.
  static Result<SlotImage> Open(const std::string& device, uint64_t size);

  /// The next bytes of the image, in pieces of any size.
  Result<> Write(ByteView bytes);
  /// After the last byte: everything is durable, and was read back. kIo where the device returns
  /// something else.
  Result<> Finish(const GoOn& go_on);

 private:
  SlotImage(UniqueFd fd, std::string device, uint64_t size)
      : fd_(std::move(fd)), device_(std::move(device)), size_(size) {}

  struct Free {
    void operator()(std::byte* bytes) const;
  };
  using AlignedBlock = std::unique_ptr<std::byte, Free>;
  static AlignedBlock MakeBlock();

  Result<> PutBlock();
  bool HoldsBlock(ByteView block);
  Result<> LeaveDirect();
  Result<> ReadBack(const GoOn& go_on);

  UniqueFd fd_;
  std::string device_;
  uint64_t size_;
  uint64_t place_ = 0;  ///< Of block_.
  AlignedBlock block_ = MakeBlock();
  size_t filled_ = 0;                  ///< Bytes of block_.
  AlignedBlock former_ = MakeBlock();  ///< What the device has there.
  std::vector<uint64_t> hashes_;       ///< Of each block.
};

}  // namespace ignite::handlers
