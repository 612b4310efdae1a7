#include "migrations/sqlite_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "migrations/sqlite_connection.h"

namespace ignite::migrations {
namespace {

using Mode = SqliteConnection::Mode;

constexpr size_t kBuffer = size_t{1024} * 1024;
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kInterval{20};

/// What SQLite locks for reading: its file format names these bytes.
constexpr off_t kSharedFirst = 0x40000002;
constexpr off_t kSharedSize = 510;

/// As a reader of SQLite holds it: as long as it is there nobody writes the file itself but to
/// bring a write-ahead log in, and nobody takes the log away. Of the open file and not of the
/// process, so that it stays where SQLite closes the same file.
Result<UniqueFd> LockForReading(const std::string& path, const std::string& name) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return SystemError(StrCat("opening ", name), errno);
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = kSharedFirst;
    lock.l_len = kSharedSize;
    if (fcntl(fd.get(), F_OFD_SETLK, &lock) == 0) return fd;
    if (errno != EAGAIN && errno != EACCES) return SystemError(StrCat("locking ", name), errno);
    if (std::chrono::steady_clock::now() > deadline) {
      return Error{ErrorCode::kBusy, StrCat("another program holds ", name),
                   "stop what writes there, or give a copy of it"};
    }
    std::this_thread::sleep_for(kInterval);
  }
}

/// Whether an application has a write-ahead log, or was killed with one: a connection then makes no
/// file, and one that writes nothing can read it.
Result<bool> HasSharedLog(FileSystem& files, const std::string& path) {
  return TRY(files.Inspect(path + "-wal")).has_value() &&
         TRY(files.Inspect(path + "-shm")).has_value();
}

Result<> CopyBytes(FileSystem& files, const std::string& from, const std::string& to) {
  auto input = TRY(files.OpenFile(from));
  auto output = TRY(files.CreateFile(to, 0600));
  Bytes buffer(kBuffer);
  while (size_t size = TRY(input->Read(buffer))) TRY(output->Write(ByteView(buffer).first(size)));
  return output->Finish();
}

/// With what an application that was killed has left to be taken back or brought in. The journal of
/// one that is alive has nothing else than what is in the file, which it cannot write now.
Result<> CopyFiles(FileSystem& files, const std::string& path, const std::string& to) {
  for (std::string_view suffix : {"", "-journal", "-wal"}) {
    std::string from = StrCat(path, suffix);
    if (TRY(files.Inspect(from))) TRY(CopyBytes(files, from, StrCat(to, suffix)));
  }
  return {};
}

}  // namespace

Result<> CopyPages(SqliteConnection& from, SqliteConnection& to) {
  CHandle<sqlite3_backup, sqlite3_backup_finish> backup(
      sqlite3_backup_init(to.handle(), "main", from.handle(), "main"));
  if (!backup) return to.Failure("copying the database");
  int result = sqlite3_backup_step(backup.get(), -1);
  backup.reset();
  return result == SQLITE_DONE ? Result<>() : to.Failure("copying the database");
}

Error Damaged(std::string_view name, std::string_view found) {
  return {ErrorCode::kIo, StrCat(name, " is damaged: ", found),
          "restore the database from a backup"};
}

Result<> CheckWhole(SqliteConnection& connection, std::string_view check) {
  std::string found = TRY(connection.Value(StrCat("PRAGMA ", check, "(1)")));
  return found == "ok" ? Result<>() : Damaged(connection.name(), found);
}

Result<> RemoveSqlite(const std::string& path) {
  for (std::string_view suffix : {"", "-journal", "-wal", "-shm"}) {
    std::string file = StrCat(path, suffix);
    if (unlink(file.c_str()) != 0 && errno != ENOENT)
      return SystemError(StrCat("removing ", file), errno);
  }
  return {};
}

Result<> CopyUntouched(const std::string& path, const std::string& to, const std::string& name) {
  auto files = MakePosixFileSystem();
  TRY(RemoveSqlite(to));
  UniqueFd lock = TRY(LockForReading(path, name));
  if (!TRY(HasSharedLog(*files, path))) TRY(CopyFiles(*files, path, to));
  // An application that has come meanwhile may have written, and its log stays while we are here.
  if (TRY(HasSharedLog(*files, path))) {
    TRY(RemoveSqlite(to));
    auto from = TRY(SqliteConnection::Open(path, Mode::kReadOnly, name));
    auto copy = TRY(SqliteConnection::Open(to, Mode::kCreate, StrCat("the copy of ", name)));
    TRY(CopyPages(from, copy));
  }
  auto copy = TRY(SqliteConnection::Open(to, Mode::kExisting, name));
  return CheckWhole(copy, "integrity_check");
}

}  // namespace ignite::migrations
