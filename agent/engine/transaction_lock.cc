#include "agent/engine/transaction_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {

Result<TransactionLock> TransactionLock::Take(const std::string& path, std::string_view purpose) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return SystemError(StrCat("opening ", path), errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
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

}  // namespace ignite::engine
