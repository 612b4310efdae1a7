#include "agent/handlers/slot_image.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

constexpr size_t kBlock = size_t{1024} * 1024;
constexpr uint64_t kWindow = 16 * kBlock;
/// Every device can be read past the page cache in such pieces.
constexpr size_t kAlignment = 4096;

uint64_t HashOf(ByteView block) { return XXH3_64bits(block.data(), block.size()); }

/// Of a device that is mounted, or held by another program in the same way, O_EXCL gives none.
Result<UniqueFd> OpenDevice(const std::string& device, int flags) {
  struct stat status {};
  if (stat(device.c_str(), &status) != 0)
    return SystemError(StrCat("looking at the slot ", device), errno);
  bool is_block = S_ISBLK(status.st_mode);
  if (!is_block && !S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kRefused, StrCat("the slot ", device, " is no block device"),
                 "correct 'device' of the slot in agent.ini"};
  }
  UniqueFd fd(open(device.c_str(), flags | O_CLOEXEC | (is_block ? O_EXCL : 0)));
  if (fd) return fd;
  if (errno != EBUSY) return SystemError(StrCat("opening the slot ", device), errno);
  return Error{ErrorCode::kRefused, StrCat("the slot ", device, " is in use"),
               "unmount it: an operating system is written to a slot that nothing uses"};
}

/// At least `length` bytes of `place`, where the device has them: in whole pieces of kAlignment, as
/// reading past the page cache wants it. Fewer only at the end of the device.
Result<size_t> ReadAligned(int fd, uint64_t place, std::byte* buffer, size_t length,
                           const std::string& device) {
  size_t wanted = (length + kAlignment - 1) / kAlignment * kAlignment;
  size_t filled = 0;
  while (filled < length) {
    ssize_t got = pread(fd, buffer + filled, wanted - filled, static_cast<off_t>(place + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(StrCat("reading ", device, " back"), errno);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

/// Aligned as well.
struct Free {
  void operator()(std::byte* bytes) const { free(bytes); }
};
using AlignedBlock = std::unique_ptr<std::byte, Free>;

}  // namespace

Result<> SlotImage::Check(const std::string& device, uint64_t size) {
  UniqueFd fd = TRY(OpenDevice(device, O_RDWR));
  int is_read_only = 0;
  // Some drivers open such a device for writing all the same. A file knows no such call.
  if (ioctl(fd.get(), BLKROGET, &is_read_only) == 0 && is_read_only != 0) {
    return Error{ErrorCode::kRefused, StrCat("the slot ", device, " is read-only"),
                 StrCat("look why: a switch of the disk, or 'blockdev --setrw ", device, "'")};
  }
  off_t end = lseek(fd.get(), 0, SEEK_END);
  if (end < 0) return SystemError(StrCat("measuring the slot ", device), errno);
  if (static_cast<uint64_t>(end) >= size) return {};
  return Error{ErrorCode::kRefused,
               StrCat("the slot ", device, " has ", SizeInWords(static_cast<uint64_t>(end)),
                      ", the image takes ", SizeInWords(size)),
               "make the slot larger, or the image smaller"};
}

Result<SlotImage> SlotImage::Open(const std::string& device, uint64_t size) {
  TRY(Check(device, size));
  SlotImage image(TRY(OpenDevice(device, O_RDWR)), device, size);
  image.block_.reserve(kBlock);
  return image;
}

Result<> SlotImage::Write(ByteView bytes) {
  while (!bytes.empty()) {
    size_t count = std::min(bytes.size(), kBlock - block_.size());
    block_.insert(block_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (block_.size() == kBlock) TRY(PutBlock());
  }
  return {};
}

Result<> SlotImage::PutBlock() {
  hashes_.push_back(HashOf(block_));
  auto place = static_cast<off_t>(place_);
  auto length = static_cast<off_t>(block_.size());
  if (!TRY(HoldsBlock())) {
    bool is_punched =
        IsAllZero(block_) &&
        fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, place, length) == 0;
    if (!is_punched) {
      if (lseek(fd_.get(), place, SEEK_SET) < 0)
        return SystemError(StrCat("seeking in ", device_), errno);
      TRY(WriteAll(fd_.get(), block_, device_));
    }
  }
  place_ += block_.size();
  block_.clear();
  return place_ - window_ < kWindow ? Result<>() : SendWindow(place_);
}

Result<bool> SlotImage::HoldsBlock() {
  former_.resize(block_.size());
  if (lseek(fd_.get(), static_cast<off_t>(place_), SEEK_SET) < 0)
    return SystemError(StrCat("seeking in ", device_), errno);
  // What cannot be read is written anew.
  auto read = ReadFully(fd_.get(), former_, device_);
  return read && *read == former_.size() && former_ == block_;
}

Result<> SlotImage::SendWindow(uint64_t end) {
  auto length = static_cast<off_t>(end - window_);
  auto begin = static_cast<off_t>(window_);
  if (sync_file_range(fd_.get(), begin, length, SYNC_FILE_RANGE_WRITE) != 0)
    return SystemError(StrCat("writing ", device_), errno);
  if (window_ >= kWindow) {
    off_t before = begin - static_cast<off_t>(kWindow);
    constexpr unsigned kWait =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (sync_file_range(fd_.get(), before, kWindow, kWait) != 0)
      return SystemError(StrCat("writing ", device_), errno);
    (void)posix_fadvise(fd_.get(), before, kWindow, POSIX_FADV_DONTNEED);
  }
  window_ = end;
  return {};
}

Result<> SlotImage::Finish(const GoOn& go_on) {
  if (!block_.empty()) TRY(PutBlock());
  if (fsync(fd_.get()) != 0) return SystemError(StrCat("syncing ", device_), errno);
  (void)posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED);
  fd_.Reset();
  return ReadBack(go_on);
}

Result<> SlotImage::ReadBack(const GoOn& go_on) {
  // Files of some file systems can be read through the page cache only.
  auto direct = OpenDevice(device_, O_RDONLY | O_DIRECT);
  UniqueFd fd = direct ? *std::move(direct) : TRY(OpenDevice(device_, O_RDONLY));
  AlignedBlock buffer(static_cast<std::byte*>(aligned_alloc(kAlignment, kBlock)));
  uint64_t place = 0;
  for (uint64_t hash : hashes_) {
    if (!go_on())
      return Error{ErrorCode::kCancelled, "reading the slot back was stopped", "start it again"};
    auto length = static_cast<size_t>(std::min<uint64_t>(kBlock, size_ - place));
    size_t got = TRY(ReadAligned(fd.get(), place, buffer.get(), length, device_));
    if (got < length || HashOf({buffer.get(), length}) != hash) {
      return Error{ErrorCode::kIo,
                   StrCat("the slot ", device_, " returns at byte ", place,
                          " something else than was written there"),
                   "replace the disk: it does not keep what it is given"};
    }
    place += length;
  }
  return {};
}

}  // namespace ignite::handlers
