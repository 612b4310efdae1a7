// A real PostgreSQL of its own for one process, on a socket in a temporary folder. As root it runs
// as the account postgres, which Debian's package makes.
#pragma once

#include <string>

#include "tests/fakes/temporary_directory.h"

namespace ignite::fakes {

class PostgresqlServer {
 public:
  /// Throws where it cannot be started.
  PostgresqlServer();
  ~PostgresqlServer();
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;

  /// A new database of the role `owner`, who is made where it is missing and may make databases;
  /// gives the address as that role.
  std::string MakeDatabase(const std::string& name, const std::string& owner);
  /// The same database as the administrator.
  std::string AsAdministrator(const std::string& name) const;
  void Start();
  /// Without a farewell to anyone, as after a power cut.
  void StopImmediately();

 private:
  std::string Address(const std::string& database, const std::string& user) const;
  void Run(const std::string& command) const;

  TemporaryDirectory folder_;
};

/// One for the whole process, started by whoever asks first.
PostgresqlServer& SharedPostgresqlServer();

}  // namespace ignite::fakes
