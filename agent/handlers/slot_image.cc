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
/// Every device can be read and written past the page cache in such pieces.
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

/// Past the page cache, where that can be: files of some file systems know no other way.
Result<UniqueFd> OpenDirect(const std::string& device, int flags) {
  auto direct = OpenDevice(device, flags | O_DIRECT);
  return direct ? std::move(direct) : OpenDevice(device, flags);
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

}  // namespace

void SlotImage::Free::operator()(std::byte* bytes) const { free(bytes); }

SlotImage::AlignedBlock SlotImage::MakeBlock() {
  return AlignedBlock(static_cast<std::byte*>(aligned_alloc(kAlignment, kBlock)));
}

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
  return SlotImage(TRY(OpenDirect(device, O_RDWR)), device, size);
}

Result<> SlotImage::Write(ByteView bytes) {
  while (!bytes.empty()) {
    size_t count = std::min(bytes.size(), kBlock - filled_);
    std::copy_n(bytes.begin(), count, block_.get() + filled_);
    filled_ += count;
    bytes = bytes.subspan(count);
    if (filled_ == kBlock) TRY(PutBlock());
  }
  return {};
}

Result<> SlotImage::PutBlock() {
  ByteView block(block_.get(), filled_);
  hashes_.push_back(HashOf(block));
  if (!HoldsBlock(block)) {
    bool is_punched =
        IsAllZero(block) && fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                      static_cast<off_t>(place_), static_cast<off_t>(filled_)) == 0;
    if (!is_punched) {
      if (lseek(fd_.get(), static_cast<off_t>(place_), SEEK_SET) < 0)
        return SystemError(StrCat("seeking in ", device_), errno);
      // The end of an image may be no whole piece: that goes through the page cache.
      if (filled_ % kAlignment != 0) TRY(LeaveDirect());
      TRY(WriteAll(fd_.get(), block, device_));
    }
  }
  place_ += filled_;
  filled_ = 0;
  return {};
}

bool SlotImage::HoldsBlock(ByteView block) {
  // Another system mostly differs in the first piece already, and then the rest is not read.
  for (size_t length : {std::min(kAlignment, block.size()), block.size()}) {
    // What cannot be read is written anew.
    auto got = ReadAligned(fd_.get(), place_, former_.get(), length, device_);
    if (!got || *got < length) return false;
    if (!std::equal(block.begin(), block.begin() + static_cast<ptrdiff_t>(length), former_.get()))
      return false;
  }
  return true;
}

Result<> SlotImage::LeaveDirect() {
  int flags = fcntl(fd_.get(), F_GETFL);
  if (flags < 0 || fcntl(fd_.get(), F_SETFL, flags & ~O_DIRECT) < 0)
    return SystemError(StrCat("writing ", device_), errno);
  return {};
}

Result<> SlotImage::Finish(const GoOn& go_on) {
  if (filled_ != 0) TRY(PutBlock());
  if (fsync(fd_.get()) != 0) return SystemError(StrCat("syncing ", device_), errno);
  // Of a device that is written through the page cache only.
  (void)posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED);
  fd_.Reset();
  return ReadBack(go_on);
}

Result<> SlotImage::ReadBack(const GoOn& go_on) {
  UniqueFd fd = TRY(OpenDirect(device_, O_RDONLY));
  uint64_t place = 0;
  for (uint64_t hash : hashes_) {
    if (!go_on())
      return Error{ErrorCode::kCancelled, "reading the slot back was stopped", "start it again"};
    auto length = static_cast<size_t>(std::min<uint64_t>(kBlock, size_ - place));
    size_t got = TRY(ReadAligned(fd.get(), place, former_.get(), length, device_));
    if (got < length || HashOf({former_.get(), length}) != hash) {
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
