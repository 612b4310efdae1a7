// The engine's tables, which are the same in SQLite and PostgreSQL.
//
//   ignite_migrations  a row for each applied step, with what takes it back
//   ignite_state       one row: version, release, baseline, and the schema that was left
//   ignite_history     a row for each step that ran, either way
#pragma once

#include <string_view>

namespace ignite::migrations {

inline constexpr std::string_view kCreateOwnTables = R"sql(
CREATE TABLE IF NOT EXISTS ignite_migrations (
  number bigint NOT NULL PRIMARY KEY,
  name text NOT NULL,
  down text,
  traits text NOT NULL,
  program text NOT NULL,
  release text NOT NULL,
  applied_at text NOT NULL
);
CREATE TABLE IF NOT EXISTS ignite_state (
  id integer NOT NULL PRIMARY KEY CHECK (id = 1),
  version bigint NOT NULL,
  release text NOT NULL,
  baseline bigint NOT NULL,
  schema_text text NOT NULL
);
CREATE TABLE IF NOT EXISTS ignite_history (
  at text NOT NULL,
  release text NOT NULL,
  direction text NOT NULL,
  number bigint NOT NULL,
  name text NOT NULL
);
)sql";

inline constexpr std::string_view kDropOwnTables =
    "DROP TABLE ignite_migrations; DROP TABLE ignite_state; DROP TABLE ignite_history;";

}  // namespace ignite::migrations
