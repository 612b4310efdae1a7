#include "agent/handlers/database_access.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "agent/engine/space.h"
#include "agent/handlers/accounts.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/rehearsal.h"
#include "payload-format/data/database_address.h"

namespace ignite::handlers {
namespace {

using format::MigrationsSpec;
using migrations::Engine;

constexpr size_t kMaxCommandLine = 65536;
constexpr std::string_view kFolderOption("\0-D\0", 4);

Error Refused(std::string cause, std::string remedy) {
  return {ErrorCode::kRefused, std::move(cause), std::move(remedy)};
}

/// Of this machine: the server asks the kernel who is at the other end of its socket.
struct Account {
  uid_t uid = kNobody;
  gid_t gid = kNoGroup;
};
Account AccountOfMachine(const std::string& name) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return {};
  return {found->pw_uid, found->pw_gid};
}

}  // namespace

Result<DatabasePlace> DatabaseAccess::Find(const MigrationsSpec& spec) const {
  return spec.engine == MigrationsSpec::kSqlite ? FindSqlite(spec) : FindPostgresql(spec);
}

Result<DatabasePlace> DatabaseAccess::FindSqlite(const MigrationsSpec& spec) const {
  std::string path = paths_.Host(spec.database);
  auto info = TRY(files_.Inspect(path));
  if (info && info->type != FileInfo::Type::kFile)
    return Refused(StrCat(spec.database, " is no file"), "put the database itself there");
  bool exists = info.has_value();
  if (!exists) info = TRY(files_.Inspect(ParentOf(path)));
  if (!info) {
    return Refused(StrCat("there is no folder ", ParentOf(spec.database), " for the database"),
                   "make it, and give it to the user of the application with chown");
  }
  std::string whose = exists ? spec.database : ParentOf(spec.database);
  if (info->uid == 0) {
    return Refused(StrCat(whose, " belongs to root"),
                   StrCat("migrations run as the owner of the database: chown USER: ", whose,
                          exists ? StrCat(" ", ParentOf(spec.database)) : ""));
  }
  if (geteuid() != 0 && info->uid != geteuid())
    return Refused(StrCat(whose, " belongs to another user"), "run ignite as root");
  return DatabasePlace{Engine::kSqlite, spec.database, path, info->uid,
                       info->gid == 0 ? kNoGroup : info->gid};
}

Result<DatabasePlace> DatabaseAccess::FindPostgresql(const MigrationsSpec& spec) {
  DatabasePlace place{Engine::kPostgresql, spec.database, spec.database, geteuid(), getegid()};
  if (geteuid() != 0) return place;
  std::string role = format::PartOfAddress(spec.database, "user").value_or("");
  Account account = AccountOfMachine(role);
  if (account.uid == 0) {
    return Refused(StrCat("the account ", Printable(role), " is root's"),
                   "name the owner of the database in 'user=' of the recipe");
  }
  place.uid = account.uid;
  place.gid = account.gid == 0 ? kNoGroup : account.gid;
  return place;
}

Result<std::optional<uint64_t>> DatabaseAccess::SizeOf(const DatabasePlace& place) const {
  if (place.engine == Engine::kPostgresql) return std::optional(TRY(Open(place)->Read()).bytes);
  auto info = TRY(files_.Inspect(place.address));
  return info ? std::optional(info->size) : std::nullopt;
}

std::unique_ptr<migrations::Database> DatabaseAccess::Open(const DatabasePlace& place,
                                                           migrations::WatchWork watch) const {
  return migrations::MakeDatabaseOfWorker(
      process_, {place.engine, place.address, place.uid, place.gid}, std::move(watch));
}

DatabasePlace DatabaseAccess::CopyOf(const DatabasePlace& place, const std::string& folder) {
  DatabasePlace copy = place;
  if (place.engine == Engine::kSqlite) {
    copy.address = StrCat(folder, "/copy.db");
    return copy;
  }
  copy.address = migrations::AddressOfCopy(
      place.address, format::PartOfAddress(place.address, "dbname").value_or(""), folder);
  return copy;
}

Result<uint64_t> DatabaseAccess::RoomOnServer(const migrations::DatabaseState& state) const {
  if (state.server_process == 0) return UINT64_MAX;
  // What it was started with anyone may read: "-D FOLDER", as pg_ctl and Debian start it.
  auto words = files_.ReadFile(StrCat("/proc/", state.server_process, "/cmdline"), kMaxCommandLine);
  size_t option = words ? words->find(kFolderOption) : std::string::npos;
  if (option == std::string::npos) return UINT64_MAX;
  std::string folder = words->c_str() + option + kFolderOption.size();
  if (!TRY(files_.Inspect(folder))) return UINT64_MAX;
  uint64_t free = TRY(files_.SpaceAt(folder)).free_bytes;
  return free - std::min(free, engine::kReserveBytes);
}

Confinement DatabaseAccess::ConfinementFor(const DatabasePlace& place) {
  bool is_file = place.engine == Engine::kSqlite;
  Confinement confinement;
  confinement.uid = place.uid;
  confinement.gid = place.gid;
  confinement.writable = std::vector<std::string>{is_file ? ParentOf(place.address) : "/tmp"};
  confinement.network = !is_file;
  return confinement;
}

}  // namespace ignite::handlers
