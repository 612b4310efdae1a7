#include "payload-format/output_bundle.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "payload-format/container/ustar.h"

namespace ignite::format {
namespace {

constexpr mode_t kPermissions = 0777;

/// An empty file of that name that nobody else is writing to.
Result<UniqueFd> OpenAlone(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return SystemError(StrCat("creating ", path), errno);
  bool locked = flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
  if (!locked && errno != EWOULDBLOCK) return SystemError(StrCat("locking ", path), errno);
  // Whoever had it locked may have finished it meanwhile: then it has its final name, and is whole.
  struct stat opened {};
  struct stat named {};
  if (!locked || fstat(fd.get(), &opened) != 0 || lstat(path.c_str(), &named) != 0 ||
      opened.st_dev != named.st_dev || opened.st_ino != named.st_ino) {
    return Error{ErrorCode::kBusy, StrCat("another program is writing ", path),
                 "try again when it is done"};
  }
  if (ftruncate(fd.get(), 0) != 0) return SystemError(StrCat("emptying ", path), errno);
  return fd;
}

Bytes Serialize(const FrontMembers& front) {
  ByteWriter out;
  auto add = [&out](std::string_view name, ByteView content) {
    out.Raw(MakeTarBlock(name, content.size())).Raw(content).Zeros(TarPadding(content.size()));
  };
  add(kHeaderName, front.header);
  add(kSignaturesName, front.signatures);
  if (!front.recipients.empty()) add(kRecipientsName, front.recipients);
  add(kManifestName, front.manifest);
  add(kIndexName, front.index);
  return std::move(out).bytes();
}

}  // namespace

Result<OutputBundle> OutputBundle::Create(const std::string& path, const Header& header,
                                          size_t signature_count, size_t recipients_size) {
  std::string temporary = StrCat(path, kUnfinishedSuffix);
  UniqueFd fd = TRY(OpenAlone(temporary));
  uint64_t front_length =
      TarMemberLength(kHeaderSize) + TarMemberLength(signature_count * kSignatureEntrySize) +
      (recipients_size == 0 ? 0 : TarMemberLength(recipients_size)) +
      TarMemberLength(header.manifest_size) + TarMemberLength(header.index_size());
  OutputBundle output(std::move(fd), path, std::make_unique<UnfinishedFile>(std::move(temporary)),
                      front_length);
  struct stat before {};
  if (stat(path.c_str(), &before) == 0 &&
      fchmod(output.fd_.get(), before.st_mode & kPermissions) != 0) {
    return SystemError(StrCat("setting the mode of ", output.unfinished_->path()), errno);
  }
  return output;
}

Result<> OutputBundle::WriteAt(uint64_t offset, ByteView bytes) {
  if (lseek(fd_.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    return SystemError(StrCat("seeking in ", unfinished_->path()), errno);
  return WriteAll(fd_.get(), bytes, unfinished_->path());
}

uint64_t OutputBundle::MemberOffset(uint64_t number) const {
  return front_length_ + number * TarMemberLength(kPayloadMemberSize);
}

Result<> OutputBundle::Append(ByteView stored) {
  while (!stored.empty()) {
    uint64_t within = payload_size_ % kPayloadMemberSize;
    size_t count =
        static_cast<size_t>(std::min<uint64_t>(stored.size(), kPayloadMemberSize - within));
    uint64_t content = MemberOffset(payload_size_ / kPayloadMemberSize) + kTarBlock;
    TRY(WriteAt(content + within, stored.first(count)));
    payload_size_ += count;
    stored = stored.subspan(count);
  }
  return {};
}

Result<uint64_t> OutputBundle::Finish(const FrontMembers& front) {
  Bytes front_bytes = Serialize(front);
  if (front_bytes.size() != front_length_) {
    return Error{ErrorCode::kInternal, "the members of a bundle are not as large as was planned",
                 "report this"};
  }
  TRY(WriteAt(0, front_bytes));
  for (uint64_t at = 0, number = 0; at < payload_size_; at += kPayloadMemberSize, ++number) {
    uint64_t size = std::min(payload_size_ - at, kPayloadMemberSize);
    TRY(WriteAt(MemberOffset(number), MakeTarBlock(PayloadMemberName(number), size)));
  }
  // The padding and the end are the zeros of what was never written.
  uint64_t length = front_length_ + PayloadMembersLength(payload_size_) + kTarEnd;
  if (ftruncate(fd_.get(), static_cast<off_t>(length)) != 0 || fsync(fd_.get()) != 0)
    return SystemError(StrCat("writing ", unfinished_->path()), errno);
  TRY(MakePosixFileSystem()->Rename(unfinished_->path(), path_));
  unfinished_->Keep();
  fd_.Reset();
  return length;
}

}  // namespace ignite::format
