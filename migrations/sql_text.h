// A migration's SQL as text: where its statements begin, what may not stand in it, and its form
// without comments and white space. Nothing is run here.
//
// The lexical rules are those of SQLite ("SQL As Understood By SQLite", tokens) and of PostgreSQL
// 15 (manual, 4.1 Lexical Structure): strings, quoted names, dollar quotes, comments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ini.h"
#include "base/result.h"
#include "migrations/step.h"

namespace ignite::migrations {

/// What a text means: its tokens, one space between two. Two texts with the same form do the same.
/// kInvalidArgument names the line of a string, name or comment that has no end, or of a NUL byte.
Result<std::string> NormalForm(std::string_view sql, Engine engine);

/// A name as SQL takes it whatever it holds, in quotation marks.
std::string QuotedName(std::string_view name);

struct SqlStatement {
  int line = 0;
  std::string_view text;  ///< From its first token on, without the semicolon.
};
/// The statements of a text; those in the body of a trigger or function are part of it.
std::vector<SqlStatement> SplitStatements(std::string_view sql, Engine engine);

/// What a step says of itself, in comments "-- ignite: WORD..." of its up text: "lossy",
/// "non-transactional", "foreign-keys-off". Unknown words are faults.
StepTraits ReadTraits(std::string_view up, Engine engine, std::vector<Fault>& faults);

/// Whether a pragma of SQLite, in small letters, changes nothing of the connection, or only what a
/// transaction takes back.
bool IsHarmlessPragma(std::string_view name);

/// What keeps the text from being run as a migration: control of the transaction, statements that
/// no transaction may hold, what would leave the database or its role. Found before anything runs,
/// with lines.
void FindObstacles(std::string_view sql, Engine engine, const StepTraits& traits,
                   std::vector<Fault>& faults);

}  // namespace ignite::migrations
