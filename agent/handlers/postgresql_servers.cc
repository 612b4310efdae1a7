#include "agent/handlers/postgresql_servers.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

constexpr std::string_view kServers = "/usr/lib/postgresql";

}  // namespace

Result<> CheckPostgresql(FileSystem& files, const engine::ProbePaths& paths,
                         std::string_view component, int64_t major) {
  std::string folder = paths.Host(kServers);
  std::vector<std::string> present;
  for (const std::string& version : TRY(files.List(folder))) {
    if (TRY(files.Inspect(StrCat(folder, "/", version, "/bin/postgres"))))
      present.push_back(version);
  }
  bool has_it = std::find(present.begin(), present.end(), std::to_string(major)) != present.end();
  if (present.empty() || has_it) return {};
  return Error{ErrorCode::kRefused,
               StrCat(component, " is in a cluster of PostgreSQL ", major,
                      ", and this operating system brings PostgreSQL ", Joined(present)),
               StrCat("build the operating system with postgresql-", major,
                      " too; move the cluster with pg_upgradecluster while both are there")};
}

}  // namespace ignite::handlers
