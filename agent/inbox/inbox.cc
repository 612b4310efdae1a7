#include "agent/inbox/inbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/c_handle.h"
#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/members.h"

namespace ignite::inbox {
namespace {

constexpr std::string_view kSuffix = ".ignite";
constexpr size_t kPeekSize = 4096;

FileVersion VersionFrom(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size),
          int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

/// Opens in two steps: first only a handle, to see what it is, then the very same file for reading.
/// A FIFO would block the open, a device might act on it, and a name can be exchanged between two
/// looks at it.
Result<UniqueFd> OpenRegular(int folder, const std::string& name) {
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  UniqueFd handle(static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how)));
  if (!handle) return SystemError(StrCat("opening ", Printable(name)), errno);
  struct stat status {};
  if (fstat(handle.get(), &status) != 0)
    return SystemError(StrCat("inspecting ", Printable(name)), errno);
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kNotFound, StrCat(Printable(name), " is no regular file"),
                 "upload a regular file"};
  }
  std::string again = StrCat("/proc/self/fd/", handle.get());
  UniqueFd fd(open(again.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return SystemError(StrCat("opening ", Printable(name)), errno);
  return fd;
}

/// What the first bytes of an upload say.
void Examine(Upload& upload, ByteView beginning) {
  auto expected = format::ExpectedLength(beginning);
  if (!expected) {
    upload.fault = expected.error();
    return;
  }
  upload.expected_size = *expected;
  if (beginning.size() < format::kTarBlock + format::kHeaderSize) return;
  auto header = format::Header::Parse(beginning.subspan(format::kTarBlock, format::kHeaderSize));
  if (header) upload.content_id = header->content_id.Hex();
}

Upload::Kind KindOf(const Upload& upload) {
  if (upload.idle < Inbox::kSettled) return Upload::Kind::kGrowing;
  if (upload.fault) return Upload::Kind::kNoBundle;
  bool whole = upload.expected_size && upload.version.size >= *upload.expected_size;
  return whole ? Upload::Kind::kComplete : Upload::Kind::kGrowing;
}

Result<Upload> ReadBeginning(int folder, const std::string& name) {
  UniqueFd fd = TRY(OpenRegular(folder, name));
  struct stat status {};
  if (fstat(fd.get(), &status) != 0)
    return SystemError(StrCat("inspecting ", Printable(name)), errno);
  Bytes beginning(kPeekSize);
  beginning.resize(TRY(ReadFully(fd.get(), beginning, Printable(name))));
  Upload upload;
  upload.name = name;
  upload.version = VersionFrom(status);
  Examine(upload, beginning);
  return upload;
}

/// Of an entry itself, whatever it leads to.
std::optional<FileVersion> RegularAt(int folder, const std::string& name) {
  struct stat status {};
  if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return S_ISREG(status.st_mode) ? std::optional(VersionFrom(status)) : std::nullopt;
}

bool MayBeUpload(const dirent& entry) {
  std::string_view name = entry.d_name;
  bool regular = entry.d_type == DT_REG || entry.d_type == DT_UNKNOWN;
  return regular && name.ends_with(kSuffix) && name.size() > kSuffix.size();
}

}  // namespace

Result<UniqueFd> Inbox::OpenFolder() const {
  UniqueFd folder(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return SystemError(StrCat("opening ", path_), errno);
  return folder;
}

std::optional<Upload> Inbox::Look(const std::string& name, Clock::Milliseconds now) {
  auto folder = OpenFolder();
  if (!folder) return std::nullopt;
  auto version = RegularAt(folder->get(), name);
  if (!version) return std::nullopt;
  auto [known, is_new] = seen_.try_emplace(name);
  Seen& seen = known->second;
  is_new |= seen.upload.version != *version;
  if (is_new) seen.since = now;
  bool has_settled = now - seen.since >= kSettled && seen.upload.idle < kSettled;
  if (is_new || has_settled) {
    auto read = ReadBeginning(folder->get(), name);
    if (!read) {
      seen_.erase(known);
      return std::nullopt;
    }
    // It may have gone on since the entry was looked at.
    if (read->version != *version) seen.since = now;
    seen.upload = *std::move(read);
  }
  seen.round = round_;
  seen.upload.idle = now - seen.since;
  seen.upload.kind = KindOf(seen.upload);
  return seen.upload;
}

Result<Pass> Inbox::Scan(Clock::Milliseconds now) {
  if (cursor_ == nullptr) {
    cursor_.reset(opendir(path_.c_str()));
    if (cursor_ == nullptr) return SystemError(StrCat("listing ", path_), errno);
  }
  std::vector<std::string> names;
  const dirent* entry = nullptr;
  for (size_t count = 0; count < kEntriesInPass && names.size() < kCandidatesInPass; ++count) {
    entry = readdir(cursor_.get());
    if (entry == nullptr) break;
    if (MayBeUpload(*entry)) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return strverscmp(a.c_str(), b.c_str()) < 0; });
  Pass pass;
  pass.more = entry != nullptr;
  for (const std::string& name : names) {
    // What cannot be opened as a regular file is none of ours, or gone again.
    if (auto upload = Look(name, now)) pass.uploads.push_back(*std::move(upload));
  }
  if (!pass.more) FinishRound();
  return pass;
}

void Inbox::FinishRound() {
  cursor_.reset();
  std::erase_if(seen_, [this](const auto& entry) { return entry.second.round != round_; });
  ++round_;
}

Result<UniqueFd> Inbox::Open(const std::string& name) const {
  return OpenRegular(TRY(OpenFolder()).get(), name);
}

Result<std::optional<FileVersion>> Inbox::VersionOf(const std::string& name) const {
  UniqueFd folder = TRY(OpenFolder());
  struct stat status {};
  if (fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return std::optional(VersionFrom(status));
  if (errno == ENOENT) return std::optional<FileVersion>();
  return SystemError(StrCat("inspecting ", Printable(name)), errno);
}

Result<> Inbox::Remove(const std::string& name, const FileVersion& version) const {
  auto now = TRY(VersionOf(name));
  return now && *now == version ? Unlink(name) : Result<>();
}

Result<> Inbox::RemoveGrown(const std::string& name, const FileVersion& version) const {
  auto now = TRY(VersionOf(name));
  return now && now->IsSameFile(version) ? Unlink(name) : Result<>();
}

Result<> Inbox::Unlink(const std::string& name) const {
  UniqueFd folder = TRY(OpenFolder());
  if (unlinkat(folder.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return SystemError(StrCat("removing ", Printable(name)), errno);
}

}  // namespace ignite::inbox
