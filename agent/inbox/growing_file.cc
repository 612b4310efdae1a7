#include "agent/inbox/growing_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::inbox {
namespace {

constexpr Clock::Milliseconds kPoll{150};

Error Ended(std::string cause) {
  return {ErrorCode::kIo, std::move(cause), "resume the upload, or upload the file again"};
}

}  // namespace

class GrowingFile::FromBeginning : public InputFile {
 public:
  explicit FromBeginning(GrowingFile& file) : file_(file) {}

  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t done = 0;
    for (;;) {
      size_t count = TRY(ReadHere(buffer.subspan(done)));
      done += count;
      offset_ += count;
      if (done == buffer.size() || offset_ >= file_.expected_) return done;
      TRY(file_.WaitFor(offset_));
    }
  }
  Result<> Seek(uint64_t offset) override {
    offset_ = offset;
    return {};
  }
  Result<uint64_t> Size() override { return std::max(file_.expected_, TRY(file_.SizeNow())); }

 private:
  Result<size_t> ReadHere(std::span<std::byte> buffer) {
    size_t done = 0;
    while (done < buffer.size()) {
      ssize_t count = pread(file_.fd_.get(), buffer.data() + done, buffer.size() - done,
                            static_cast<off_t>(offset_ + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return SystemError(StrCat("reading ", Printable(file_.name_)), errno);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

  GrowingFile& file_;
  uint64_t offset_ = 0;
};

Result<GrowingFile> GrowingFile::Open(const Inbox& inbox, Clock& clock, const Upload& upload,
                                      std::function<bool()> go_on) {
  GrowingFile file(inbox, clock, upload, TRY(inbox.Open(upload.name)), std::move(go_on));
  TRY(file.SizeOfUpload());
  return file;
}

std::unique_ptr<InputFile> GrowingFile::Reader() { return std::make_unique<FromBeginning>(*this); }

int GrowingFile::Percent() {
  auto size = SizeNow();
  return size ? PercentOf(*size, expected_) : 0;
}

uint64_t GrowingFile::MissingBytes() {
  auto size = SizeNow();
  return size ? expected_ - std::min(expected_, *size) : expected_;
}

Result<uint64_t> GrowingFile::SizeNow() const {
  struct stat status {};
  if (fstat(fd_.get(), &status) == 0) return static_cast<uint64_t>(status.st_size);
  return SystemError(StrCat("inspecting ", Printable(name_)), errno);
}

Result<uint64_t> GrowingFile::SizeOfUpload() {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0)
    return SystemError(StrCat("inspecting ", Printable(name_)), errno);
  auto named = TRY(inbox_.VersionOf(name_));
  if (!named || named->device != status.st_dev || named->inode != status.st_ino)
    return Ended("the upload was removed, renamed or replaced before it was whole");
  auto size = static_cast<uint64_t>(status.st_size);
  if (size < largest_) return Ended("the upload became shorter before it was whole");
  largest_ = size;
  return size;
}

Result<> GrowingFile::WaitFor(uint64_t offset) {
  for (Clock::Milliseconds since = clock_.BootTime();; clock_.Sleep(kPoll)) {
    if (TRY(SizeOfUpload()) > offset) return {};
    if (clock_.BootTime() - since >= kStopped)
      return Ended("the upload did not go on for a minute before it was whole");
    if (!go_on_())
      return Error{ErrorCode::kCancelled, "waiting for the upload was stopped", "upload it again"};
  }
}

}  // namespace ignite::inbox
