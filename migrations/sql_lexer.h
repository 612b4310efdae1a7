// Cuts SQL into tokens, by the rules of SQLite or PostgreSQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ini.h"
#include "migrations/step.h"

namespace ignite::migrations {

struct SqlToken {
  enum class Kind : uint8_t {
    kWord,     ///< A keyword or a name without quotation marks.
    kQuoted,   ///< A string, a quoted name, a dollar-quoted body: nothing in it is SQL.
    kOther,    ///< A number, an operator, a bracket.
    kEnd,      ///< A semicolon.
    kComment,  ///< With its marks.
  };
  Kind kind = Kind::kOther;
  std::string_view text;
  int line = 0;
  /// PostgreSQL: a further piece of the string that the token before it is.
  bool goes_on = false;
};

/// With the letters A to Z made small: the names of SQL are the same either way.
std::string LowerCase(std::string_view text);

class SqlLexer {
 public:
  SqlLexer(std::string_view sql, Engine engine);

  /// nullopt at the end, and behind a fault.
  std::optional<SqlToken> Next();
  /// What has no end: a string, a name or a comment. Or a NUL byte: an engine would stop there.
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  /// A string of PostgreSQL that goes on with the next mark, if a line ends before that.
  struct OpenString {
    bool has_escapes = false;
    bool line_ended = false;
  };

  void SkipSpace();
  std::optional<SqlToken> TakeString(size_t letters, bool has_escapes);
  SqlToken Take(SqlToken::Kind kind, size_t end);
  std::optional<SqlToken> TakeClosed(SqlToken::Kind kind, size_t end, std::string_view what);
  char At(size_t place) const { return place < sql_.size() ? sql_[place] : '\0'; }
  /// How many bytes in front of a mark belong to what is quoted: x'00', U&"a". 0 without them.
  size_t LettersBeforeMark() const;
  /// One past the closing mark, which counts double as itself; npos where there is none.
  size_t EndOfQuoted(size_t begin, char mark, bool has_escapes) const;
  size_t EndOfBlockComment() const;
  /// Of SQLite: ":a", "$a::b(c)".
  size_t EndOfParameter() const;
  /// The "$tag$" that begins here; empty for none.
  std::string_view DollarTag() const;

  std::string_view sql_;
  Engine engine_;
  size_t place_ = 0;
  int line_ = 1;
  std::optional<OpenString> open_string_;
  std::optional<Fault> fault_;
};

}  // namespace ignite::migrations
