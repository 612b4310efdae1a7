#include <cerrno>
#include <cstdio>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "migrations/database.h"
#include "migrations/move_runner.h"
#include "migrations/own_tables.h"
#include "migrations/position.h"
#include "migrations/sqlite_connection.h"
#include "migrations/sqlite_copy.h"

namespace ignite::migrations {
namespace {

using Mode = SqliteConnection::Mode;

constexpr std::string_view kPart = ".part";

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::string path, OnStep on_step)
      : path_(std::move(path)), on_step_(std::move(on_step)) {}

  Result<DatabaseState> Read() override {
    auto size = TRY(SizeOf(path_));
    if (!size) return DatabaseState();
    // Not only for reading: what an application that was killed left half done is taken back first,
    // and a move whose process is gone may still be about to commit.
    SqliteConnection connection = TRY(SqliteConnection::Open(path_, Mode::kExisting));
    TRY(connection.Execute("BEGIN IMMEDIATE"));
    DatabaseState state = TRY(ReadState(connection));
    TRY(connection.Execute("COMMIT"));
    state.bytes = *size;
    return state;
  }

  Result<> Run(const Move& move) override {
    bool may_create = move.from_release.empty() && !move.to_release.empty();
    if (!may_create && !TRY(SizeOf(path_))) return {};
    auto connection =
        TRY(SqliteConnection::Open(path_, may_create ? Mode::kCreate : Mode::kExisting));
    auto moved = RunMove(connection, move, on_step_);
    if (!moved) {
      (void)connection.Execute("ROLLBACK");
      // A failed COMMIT may have committed: what is there decides.
      auto state = Read();
      if (!state || !StandsAtEnd(*state, move)) return moved;
    }
    return move.to_release.empty() ? RemoveIfNothing(connection) : Result<>();
  }

  Result<> Snapshot(const std::string& path) override {
    std::string part = StrCat(path, kPart);
    TRY(RemoveSqlite(part));
    auto copied = CopyWhole(part);
    // What is left of it may be what fills the disk.
    if (!copied) (void)RemoveSqlite(part);
    TRY(copied);
    // SQLite has synced the file; its name is durable with its folder.
    if (rename(part.c_str(), path.c_str()) != 0)
      return SystemError(StrCat("renaming ", part), errno);
    return MakePosixFileSystem()->SyncFileSystem(path);
  }

  Result<> Restore(const std::string& path) override {
    std::string what = StrCat("the snapshot ", path);
    // Also that of a database that did not exist has a page.
    if (TRY(SizeOf(path)).value_or(0) == 0) return Damaged(what, "it is empty");
    auto from = TRY(SqliteConnection::Open(path, Mode::kExisting, what));
    TRY(CheckWhole(from, "quick_check"));
    // Into the existing file: one put in its place would meet the log of the one before.
    auto to = TRY(SqliteConnection::Open(path_, Mode::kCreate));
    TRY(CopyPages(from, to));
    return RemoveIfNothing(to);
  }

  Result<Copy> MakeCopy(const std::string& address, uint64_t /*room*/) override {
    TRY(Snapshot(address));
    return Copy{};
  }
  Result<> DropCopy(const std::string& address) override { return RemoveSqlite(address); }

  Result<Fingerprint> Examine() override {
    auto connection = TRY(SqliteConnection::Open(path_, Mode::kExisting));
    TRY(CheckWhole(connection, "integrity_check"));
    return TakeFingerprint(connection);
  }

 private:
  Result<> CopyWhole(const std::string& path) {
    bool exists = TRY(SizeOf(path_)).has_value();
    auto from = TRY(SqliteConnection::Open(exists ? path_ : ":memory:", Mode::kExisting));
    auto to = TRY(SqliteConnection::Open(path, Mode::kCreate, from.name()));
    TRY(CopyPages(from, to));
    return CheckWhole(to, "quick_check");
  }

  /// nullopt where there is no database.
  static Result<std::optional<uint64_t>> SizeOf(const std::string& path) {
    auto info = TRY(MakePosixFileSystem()->Inspect(path));
    return info ? std::optional(info->size) : std::nullopt;
  }

  /// A database that holds nothing is as good as none, and none may have been there.
  Result<> RemoveIfNothing(SqliteConnection& connection) {
    bool is_empty = TRY(connection.Value("SELECT count(*) FROM sqlite_schema")) == "0" &&
                    TRY(connection.Value("PRAGMA user_version")) == "0" &&
                    TRY(connection.Value("PRAGMA application_id")) == "0";
    return is_empty ? RemoveSqlite(path_) : Result<>();
  }

  std::string path_;
  OnStep on_step_;
};

}  // namespace

std::unique_ptr<Database> MakeSqliteDatabase(std::string path, OnStep on_step) {
  return std::make_unique<SqliteDatabase>(std::move(path), std::move(on_step));
}

}  // namespace ignite::migrations
