#include "packager/spool.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/str_cat.h"
#include "base/write_with_holes.h"
#include "packager/scratch_folder.h"

namespace ignite::packager {
namespace {

class SpooledFile : public InputFile {
 public:
  SpooledFile(int fd, uint64_t offset, uint64_t size) : fd_(fd), offset_(offset), size_(size) {}

  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t wanted = static_cast<size_t>(std::min<uint64_t>(buffer.size(), size_ - place_));
    size_t filled = 0;
    while (filled < wanted) {
      ssize_t got =
          pread(fd_, buffer.data() + filled, wanted - filled, static_cast<off_t>(offset_ + place_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return SystemError("reading a temporary file", got == 0 ? EIO : errno);
      filled += static_cast<size_t>(got);
      place_ += static_cast<uint64_t>(got);
    }
    return filled;
  }

  Result<> Seek(uint64_t offset) override {
    place_ = std::min(offset, size_);
    return {};
  }

  Result<uint64_t> Size() override { return size_; }

 private:
  int fd_;
  uint64_t offset_;
  uint64_t size_;
  uint64_t place_ = 0;
};

}  // namespace

Result<Spool> Spool::Create() {
  std::string folder = PlaceForTemporaryFiles();
  UniqueFd fd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd && (errno == EOPNOTSUPP || errno == EISDIR)) {
    std::string path = StrCat(folder, "/ignite-pack.XXXXXX");
    fd.Reset(mkostemp(path.data(), O_CLOEXEC));
    if (fd) (void)unlink(path.c_str());
  }
  if (!fd) {
    return SystemError(StrCat("making a temporary file in ", folder), errno)
        .WithRemedy("set TMPDIR to a folder with space");
  }
  return Spool(std::move(fd));
}

Result<> Spool::Append(ByteView bytes) {
  TRY(WriteWithHoles(fd_.get(), size_, bytes, "a temporary file (TMPDIR names its folder)"));
  size_ += bytes.size();
  return {};
}

std::unique_ptr<InputFile> Spool::Open(uint64_t offset, uint64_t size) const {
  return std::make_unique<SpooledFile>(fd_.get(), offset, size);
}

}  // namespace ignite::packager
