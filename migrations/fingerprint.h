// What a database holds, in a few bytes that can be compared.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "migrations/sql_session.h"

namespace ignite::migrations {

/// Two databases with the same fingerprint have the same objects and the same rows, whatever their
/// order.
struct Fingerprint {
  std::string schema;               ///< As SqlSession::SchemaText has it.
  std::vector<std::string> tables;  ///< "name: 12 rows, 9f86d081884c7d65", by name.

  bool operator==(const Fingerprint&) const = default;
};

Result<Fingerprint> TakeFingerprint(SqlSession& session);

/// What only one of two schemas has, for a person; at least one.
std::vector<std::string> Differences(const std::string& schema_before,
                                     const std::string& schema_after);
std::string FirstDifference(const Fingerprint& before, const Fingerprint& after);

/// After a way up and the way back: kRefused names what the way back did not restore.
Result<> CheckLeadsBack(const Fingerprint& before, const Fingerprint& back);

}  // namespace ignite::migrations
