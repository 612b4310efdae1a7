#include "migrations/postgresql_tools.h"

#include <chrono>

#include "base/process.h"
#include "base/str_cat.h"
#include "migrations/postgresql_connection.h"
#include "migrations/sql_text.h"

namespace ignite::migrations {
namespace {

/// A database of some gigabytes on a slow disk.
constexpr std::chrono::hours kTimeout{3};

/// Drops the application's objects, one by one: extensions that the owner did not make stay, for
/// only an administrator could make them again.
constexpr std::string_view kDropAll = R"sql(
DO $drop$
DECLARE o record;
BEGIN
  FOR o IN SELECT extname FROM pg_catalog.pg_extension
           WHERE extowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
  LOOP
    EXECUTE pg_catalog.format('DROP EXTENSION IF EXISTS %I CASCADE', o.extname);
  END LOOP;
  FOR o IN
    SELECT CASE i.type WHEN 'composite type' THEN 'type' ELSE i.type END AS kind, i.identity
    FROM (
      SELECT 'pg_catalog.pg_namespace'::regclass AS catalogue, oid FROM pg_catalog.pg_namespace
        WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
      UNION ALL SELECT 'pg_catalog.pg_class'::regclass, oid FROM pg_catalog.pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid FROM pg_catalog.pg_proc
        WHERE pronamespace = 'public'::regnamespace
      UNION ALL SELECT 'pg_catalog.pg_type'::regclass, t.oid FROM pg_catalog.pg_type t
        LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
        WHERE typnamespace = 'public'::regnamespace
          AND (typtype IN ('e', 'd', 'r') OR (typtype = 'c' AND c.relkind = 'c'))
      UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid FROM pg_catalog.pg_collation
        WHERE collnamespace = 'public'::regnamespace
      UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, oid FROM pg_catalog.pg_operator
        WHERE oprnamespace = 'public'::regnamespace
      UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid FROM pg_catalog.pg_ts_config
        WHERE cfgnamespace = 'public'::regnamespace
      UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid FROM pg_catalog.pg_ts_dict
        WHERE dictnamespace = 'public'::regnamespace
    ) x, pg_catalog.pg_identify_object(x.catalogue, x.oid, 0) i
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                      WHERE e.classid = x.catalogue AND e.objid = x.oid AND e.deptype = 'e')
  LOOP
    EXECUTE pg_catalog.format('DROP %s IF EXISTS %s CASCADE', o.kind, o.identity);
  END LOOP;
END
$drop$;
)sql";

/// A statement must not outlive the process that asked for it, where the server knows how.
constexpr std::string_view kCheckConnection =
    "SELECT pg_catalog.set_config(name, '2s', false) FROM pg_catalog.pg_settings "
    "WHERE name = 'client_connection_check_interval'; ";

/// Without its last line psql has nothing to commit: a dump that ends early changes nothing.
constexpr std::string_view kRestoreScript = R"sh(
set -o pipefail
contents() { pg_restore --list "$3" | grep -v ' COMMENT - EXTENSION '; }
{
  echo "BEGIN; $2"
  pg_restore --use-list=<(contents "$@") --file=- "$3" && echo 'COMMIT;'
} | psql --no-psqlrc --quiet --no-password --set=ON_ERROR_STOP=1 --output=/dev/null --dbname="$1"
)sh";

constexpr std::string_view kCopyScript = R"sh(
set -o pipefail
from=$1 to=$2 owner=$3
shift 3
pg_dump --no-password --format=custom --no-comments --role="$owner" --dbname="$from" "$@" |
  pg_restore --no-password --exit-on-error --single-transaction --role="$owner" --dbname="$to"
)sh";

/// By themselves, because those on extensions are for their owners to make, who may be others: to
/// leave them out takes an archive in a file, and one of the schema is small.
constexpr std::string_view kCommentScript = R"sh(
set -o pipefail
from=$1 to=$2 owner=$3
archive=$(mktemp) || exit
trap 'rm -f "$archive"' EXIT
comments() { pg_restore --list "$archive" | grep -E '^[0-9]+; [0-9]+ [0-9]+ COMMENT ' | grep -v ' COMMENT - EXTENSION '; }
pg_dump --no-password --format=custom --schema-only --role="$owner" --dbname="$from" --file="$archive" &&
  pg_restore --no-password --exit-on-error --single-transaction --role="$owner" --dbname="$to" \
    --use-list=<(comments) "$archive"
)sh";

Result<> RunTool(std::vector<std::string> arguments) {
  Command command;
  command.arguments = std::move(arguments);
  command.timeout = kTimeout;
  // A pipeline of bash ends with the worker that asked for it.
  command.in_our_group = true;
  auto outcome = MakeSystemProcess()->Run(command);
  if (!outcome && outcome.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kUnsupported, outcome.error().cause,
                 "install postgresql-client, of the version of the server"};
  }
  if (!outcome) return std::move(outcome).error();
  return CheckOutcome(command, *outcome);
}

Result<> RunShell(std::string_view script, std::string_view name,
                  std::vector<std::string> arguments) {
  std::vector<std::string> all = {"bash", "-c", std::string(script), std::string(name)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunTool(std::move(all));
}

}  // namespace

Result<> DumpDatabase(const PostgresqlPlace& place, const std::string& path) {
  TRY(RunTool({"pg_dump", "--no-password", "--format=custom", StrCat("--role=", place.owner),
               StrCat("--file=", path), StrCat("--dbname=", place.address)}));
  return RunTool({"pg_restore", "--file=/dev/null", path});
}

Result<> RestoreDump(const PostgresqlPlace& place, const std::string& path) {
  std::string begin = StrCat("SET ROLE ", QuotedName(place.owner),
                             "; SET lock_timeout = ", "'30s'; SET synchronous_commit = on; ",
                             kCheckConnection, LockOfMoves(), "; ", kDropAll);
  return RunShell(kRestoreScript, "restore", {place.address, begin, path});
}

Result<> CopyDatabase(const PostgresqlPlace& from, const PostgresqlPlace& to, CopyRows rows) {
  std::vector<std::string> arguments = {from.address, to.address, from.owner};
  if (rows != CopyRows::kAll) arguments.emplace_back("--schema-only");
  TRY(RunShell(kCopyScript, "copy", arguments));
  TRY(RunShell(kCommentScript, "comments", {from.address, to.address, from.owner}));
  if (rows != CopyRows::kOwnTables) return {};
  arguments.back() = "--data-only";
  arguments.emplace_back("--table=public.ignite_*");
  return RunShell(kCopyScript, "copy", arguments);
}

}  // namespace ignite::migrations
