#include "agent/engine/transaction_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {
namespace {

/// A reader that looks at this very moment is no transaction, and is gone at once.
constexpr int kAttempts = 10;
constexpr std::chrono::milliseconds kPause{10};

/// errno says what went wrong.
bool LockExclusively(int fd) {
  for (int attempt = 1; flock(fd, LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK || attempt == kAttempts) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace

Result<TransactionLock> TransactionLock::Take(const std::string& path, std::string_view purpose) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return SystemError(StrCat("opening ", path), errno);
  if (!LockExclusively(fd.get())) {
    if (errno != EWOULDBLOCK) return SystemError(StrCat("locking ", path), errno);
    std::array<std::byte, 200> words{};
    size_t size = TRY(ReadFully(fd.get(), words, path));
    return Error{
        ErrorCode::kBusy,
        StrCat("another transaction is running: ", Printable(AsText(ByteView(words).first(size)))),
        "wait for its end: 'ignite status' shows how far it is"};
  }
  if (ftruncate(fd.get(), 0) != 0) return SystemError(StrCat("writing ", path), errno);
  TRY(WriteAll(fd.get(), AsBytes(StrCat(purpose, ", process ", getpid())), path));
  return TransactionLock(std::move(fd));
}

bool TransactionLock::IsFree(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  return fd && flock(fd.get(), LOCK_SH | LOCK_NB) == 0;
}

}  // namespace ignite::engine
