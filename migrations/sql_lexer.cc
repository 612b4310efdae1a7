#include "migrations/sql_lexer.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"

namespace ignite::migrations {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr std::string_view kBeginsParameter = ":@#$";
/// SQLite takes it for a space wherever a token could begin.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool BeginsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool GoesOnAsWord(char c) { return BeginsWord(c) || IsDigit(c) || c == '$'; }

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

SqlLexer::SqlLexer(std::string_view sql, Engine engine) : sql_(sql), engine_(engine) {
  size_t nul = sql.find('\0');
  if (nul == kNone) return;
  auto lines = std::count(sql.begin(), sql.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
  fault_ = Fault{static_cast<int>(lines) + 1, "a NUL byte stands in the text", "remove it"};
}

std::optional<SqlToken> SqlLexer::Next() {
  using Kind = SqlToken::Kind;
  SkipSpace();
  if (place_ == sql_.size() || fault_) return std::nullopt;
  bool postgresql = engine_ == Engine::kPostgresql;
  char c = sql_[place_];
  char next = At(place_ + 1);
  if (c == '-' && next == '-') {
    size_t end = sql_.find_first_of(postgresql ? "\n\r" : "\n", place_);
    return Take(Kind::kComment, std::min(end, sql_.size()));
  }
  std::optional<OpenString> open = std::exchange(open_string_, std::nullopt);
  if (c == '/' && next == '*') return TakeClosed(Kind::kComment, EndOfBlockComment(), "comment");
  if (c == ';') return Take(Kind::kEnd, place_ + 1);
  if (c == '\'') {
    bool goes_on = open && open->line_ended;
    auto token = TakeString(0, goes_on && open->has_escapes);
    if (token) token->goes_on = goes_on;
    return token;
  }
  if (size_t letters = LettersBeforeMark(); letters > 0)
    return TakeString(letters, c == 'E' || c == 'e');
  if (c == '"') return TakeClosed(Kind::kQuoted, EndOfQuoted(place_, c, false), "name");
  if (!postgresql && c == '`')
    return TakeClosed(Kind::kQuoted, EndOfQuoted(place_, c, false), "name");
  if (!postgresql && c == '[') {
    size_t end = sql_.find(']', place_);
    return TakeClosed(Kind::kQuoted, end == kNone ? kNone : end + 1, "name");
  }
  if (!postgresql && kBeginsParameter.find(c) != kNone)
    return TakeClosed(Kind::kOther, EndOfParameter(), "parameter");
  if (std::string_view tag = DollarTag(); !tag.empty()) {
    size_t end = sql_.find(tag, place_ + tag.size());
    return TakeClosed(Kind::kQuoted, end == kNone ? kNone : end + tag.size(), "string");
  }
  size_t end = place_ + 1;
  if (BeginsWord(c)) {
    while (end < sql_.size() && GoesOnAsWord(sql_[end])) ++end;
    return Take(Kind::kWord, end);
  }
  // A number keeps its letters, so that the form tells 1e5 from 1 e5. In PostgreSQL a $ behind it
  // may begin a string.
  if (IsDigit(c)) {
    while (end < sql_.size() && (GoesOnAsWord(sql_[end]) || sql_[end] == '.') &&
           !(postgresql && sql_[end] == '$'))
      ++end;
    return Take(Kind::kOther, end);
  }
  // Operators stay together as they stand: the form must not make one of two.
  std::string_view operators = postgresql ? "+*<>=~!@#%^&|`?:-/" : "+*<>=~!%^&|?-/";
  while (operators.find(c) != kNone && end < sql_.size() && operators.find(sql_[end]) != kNone &&
         sql_.substr(end, 2) != "--" && sql_.substr(end, 2) != "/*")
    ++end;
  return Take(Kind::kOther, end);
}

void SqlLexer::SkipSpace() {
  for (; place_ < sql_.size(); ++place_) {
    char c = sql_[place_];
    if (engine_ == Engine::kSqlite && sql_.substr(place_).starts_with(kByteOrderMark)) {
      place_ += kByteOrderMark.size() - 1;
    } else if (!IsSpace(c)) {
      return;
    }
    if (c == '\n') ++line_;
    if (open_string_ && (c == '\n' || c == '\r')) open_string_->line_ended = true;
  }
}

std::optional<SqlToken> SqlLexer::TakeString(size_t letters, bool has_escapes) {
  char mark = At(place_ + letters);
  size_t end = EndOfQuoted(place_ + letters, mark, has_escapes);
  if (engine_ == Engine::kPostgresql && mark == '\'') open_string_ = OpenString{has_escapes};
  return TakeClosed(SqlToken::Kind::kQuoted, end, "string");
}

SqlToken SqlLexer::Take(SqlToken::Kind kind, size_t end) {
  SqlToken token{kind, sql_.substr(place_, end - place_), line_};
  line_ += static_cast<int>(std::count(token.text.begin(), token.text.end(), '\n'));
  place_ = end;
  return token;
}

std::optional<SqlToken> SqlLexer::TakeClosed(SqlToken::Kind kind, size_t end,
                                             std::string_view what) {
  if (end != kNone) return Take(kind, end);
  fault_ = Fault{line_, StrCat("the ", what, " that begins here has no end"), "close it"};
  return std::nullopt;
}

size_t SqlLexer::LettersBeforeMark() const {
  constexpr std::string_view kLetters = "xXbBnNeE";
  size_t known = engine_ == Engine::kPostgresql ? kLetters.size() : 2;
  char next = At(place_ + 1);
  if (next == '\'' && kLetters.substr(0, known).find(sql_[place_]) != kNone) return 1;
  char mark = At(place_ + 2);
  bool is_unicode = (sql_[place_] == 'U' || sql_[place_] == 'u') && next == '&';
  bool is_here = engine_ == Engine::kPostgresql && is_unicode && (mark == '\'' || mark == '"');
  return is_here ? 2 : 0;
}

size_t SqlLexer::EndOfQuoted(size_t begin, char mark, bool has_escapes) const {
  for (size_t at = begin + 1; at < sql_.size(); ++at) {
    if (has_escapes && sql_[at] == '\\') {
      ++at;
    } else if (sql_[at] == mark) {
      if (At(at + 1) != mark) return at + 1;
      ++at;
    }
  }
  return kNone;
}

size_t SqlLexer::EndOfBlockComment() const {
  int depth = 1;
  for (size_t at = place_ + 2; at + 1 < sql_.size(); ++at) {
    std::string_view two = sql_.substr(at, 2);
    if (two == "*/" && --depth == 0) return at + 2;
    // PostgreSQL's comments hold others; SQLite's end with the first mark.
    if (two == "/*" && engine_ == Engine::kPostgresql) ++depth;
    if (two == "*/" || (two == "/*" && engine_ == Engine::kPostgresql)) ++at;
  }
  return kNone;
}

size_t SqlLexer::EndOfParameter() const {
  size_t end = place_ + 1;
  while (GoesOnAsWord(At(end)) || sql_.substr(end).starts_with("::"))
    end += GoesOnAsWord(sql_[end]) ? 1 : 2;
  if (At(end) != '(') return end;
  // Whatever stands in it, quotation marks and "--" as well.
  size_t close = sql_.find(')', end);
  return close == kNone ? kNone : close + 1;
}

std::string_view SqlLexer::DollarTag() const {
  if (engine_ != Engine::kPostgresql || sql_[place_] != '$') return {};
  size_t end = place_ + 1;
  if (IsDigit(At(end))) return {};
  while (end < sql_.size() && (BeginsWord(sql_[end]) || IsDigit(sql_[end]))) ++end;
  return At(end) == '$' ? sql_.substr(place_, end + 1 - place_) : std::string_view();
}

}  // namespace ignite::migrations
