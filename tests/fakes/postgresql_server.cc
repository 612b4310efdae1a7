#include "tests/fakes/postgresql_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

#include "base/process.h"
#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite::fakes {
namespace {

constexpr std::string_view kPrograms = "/usr/lib/postgresql/15/bin/";
constexpr std::string_view kAdministrator = "postgres";
constexpr std::string_view kServerOptions =
    "-c listen_addresses= -c fsync=off -c max_connections=20";

}  // namespace

PostgresqlServer::PostgresqlServer() {
  folder_.LetOthersThrough();
  if (chmod(folder_.path().c_str(), 0777) != 0) throw std::runtime_error("chmod failed");
  Run(StrCat(kPrograms, "initdb -N -A trust -U ", kAdministrator, " -D ", folder_ / "data"));
  Start();
}

PostgresqlServer::~PostgresqlServer() {
  try {
    StopImmediately();
  } catch (const std::runtime_error&) {  // It ran no more.
  }
}

void PostgresqlServer::Start() {
  Run(StrCat(kPrograms, "pg_ctl -w -D ", folder_ / "data", " -l ", folder_ / "log", " -o '-k ",
             folder_.path(), " ", kServerOptions, "' start"));
}

void PostgresqlServer::StopImmediately() {
  Run(StrCat(kPrograms, "pg_ctl -w -D ", folder_ / "data", " -m immediate stop"));
}

std::string PostgresqlServer::MakeDatabase(const std::string& name, const std::string& owner) {
  std::string psql = StrCat("psql -qX -d '", AsAdministrator("postgres"), "'");
  Run(StrCat(psql, " -c 'CREATE ROLE ", owner, " LOGIN CREATEDB' || true; ", psql,
             " -c 'CREATE DATABASE ", name, " OWNER ", owner, "'"));
  return Address(name, owner);
}

std::string PostgresqlServer::AsAdministrator(const std::string& name) const {
  return Address(name, std::string(kAdministrator));
}

std::string PostgresqlServer::Address(const std::string& database, const std::string& user) const {
  return StrCat("dbname=", database, " host=", folder_.path(), " user=", user);
}

void PostgresqlServer::Run(const std::string& command) const {
  Command shell;
  shell.arguments = {"sh", "-c", command};
  if (geteuid() == 0)
    shell.arguments.insert(shell.arguments.begin(), {"runuser", "-u", "postgres", "--"});
  // Not inherited: the server must not hold the pipe.
  shell.arguments.back() = StrCat("cd / && { ", command, "; } > ", folder_ / "output", " 2>&1");
  auto outcome = MakeSystemProcess()->Run(shell);
  if (!outcome || outcome->exit_code != 0)
    throw std::runtime_error(StrCat("PostgreSQL: ", command, " failed, see ", folder_ / "output"));
}

PostgresqlServer& SharedPostgresqlServer() {
  static PostgresqlServer server;
  return server;
}

}  // namespace ignite::fakes
