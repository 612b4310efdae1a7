#include "migrations/sql_text.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/sql_lexer.h"

namespace ignite::migrations {
namespace {

constexpr std::string_view kMarker = "ignite:";
constexpr std::string_view kTransactional =
    "remove it: the engine runs the step in a transaction of its own; a step that cannot be in one "
    "says '-- ignite: non-transactional'";

std::string Upper(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

/// The words of one statement, in capitals, without what is in quotation marks.
struct Statement {
  int line = 0;
  std::string_view text;
  std::vector<std::string> words;

  std::string_view Word(size_t index) const {
    return index < words.size() ? std::string_view(words[index]) : std::string_view();
  }
  bool BeginsWith(std::initializer_list<std::string_view> wanted) const {
    return words.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), words.begin());
  }
  bool Has(std::string_view word) const {
    return std::find(words.begin(), words.end(), word) != words.end();
  }
};

/// The end of a statement is the semicolon outside the bodies of triggers and functions, which hold
/// statements of their own between BEGIN and END.
class StatementReader {
 public:
  StatementReader(std::string_view sql, Engine engine) : lexer_(sql, engine), engine_(engine) {}

  std::optional<Statement> Next() {
    Statement statement;
    int depth = 0;
    int brackets = 0;
    while (auto token = lexer_.Next()) {
      if (token->kind == SqlToken::Kind::kComment) continue;
      if (token->kind == SqlToken::Kind::kEnd && depth == 0) {
        if (statement.text.empty()) continue;
        return statement;
      }
      if (statement.text.empty()) {
        statement.line = token->line;
        statement.text = token->text;
      }
      const char* end = token->text.data() + token->text.size();
      statement.text = {statement.text.data(), static_cast<size_t>(end - statement.text.data())};
      if (token->text == "(") ++brackets;
      if (token->text == ")") --brackets;
      if (token->kind != SqlToken::Kind::kWord) continue;
      std::string word = Upper(token->text);
      if (depth > 0 && word == "CASE") ++depth;
      if (depth > 0 && word == "END") --depth;
      if (depth == 0 && brackets == 0 && BeginsBody(statement, word)) depth = 1;
      statement.words.push_back(std::move(word));
    }
    if (statement.text.empty()) return std::nullopt;
    return statement;
  }
  const std::optional<Fault>& fault() const { return lexer_.fault(); }

 private:
  bool BeginsBody(const Statement& statement, std::string_view word) const {
    if (statement.Word(0) != "CREATE") return false;
    if (engine_ == Engine::kSqlite) return word == "BEGIN" && statement.Has("TRIGGER");
    std::string_view what =
        statement.Word(statement.BeginsWith({"CREATE", "OR", "REPLACE"}) ? 3 : 1);
    return (what == "FUNCTION" || what == "PROCEDURE") && word == "ATOMIC" &&
           statement.words.back() == "BEGIN";
  }

  SqlLexer lexer_;
  Engine engine_;
};

bool ControlsTransaction(const Statement& statement) {
  static const std::set<std::string_view> kWords = {"BEGIN", "COMMIT",    "END",    "ROLLBACK",
                                                    "ABORT", "SAVEPOINT", "RELEASE"};
  return kWords.contains(statement.Word(0)) || statement.BeginsWith({"START", "TRANSACTION"}) ||
         statement.BeginsWith({"PREPARE", "TRANSACTION"});
}

std::optional<Fault> SqliteObstacle(const Statement& statement, const StepTraits& traits) {
  std::string_view first = statement.Word(0);
  if (first == "ATTACH" || first == "DETACH") {
    return Fault{statement.line, StrCat(first, " reaches another database"),
                 "a migration stays in its own database: make a payload for the other one"};
  }
  if (first == "PRAGMA" && statement.Word(1) == "FOREIGN_KEYS") {
    return Fault{statement.line, "PRAGMA foreign_keys does nothing in a transaction",
                 "write '-- ignite: foreign-keys-off' at the top of the up text instead"};
  }
  if (first == "PRAGMA" && !IsHarmlessPragma(LowerCase(statement.Word(1)))) {
    return Fault{statement.line,
                 StrCat("PRAGMA ", Printable(statement.Word(1)), " changes the connection"),
                 "remove it; a migration changes tables and rows"};
  }
  if (first == "VACUUM" && !traits.non_transactional)
    return Fault{statement.line, "VACUUM cannot run in a transaction", std::string(kTransactional)};
  return std::nullopt;
}

bool CannotBeInTransaction(const Statement& statement) {
  std::string_view first = statement.Word(0);
  std::string_view second = statement.Word(1);
  bool makes_or_drops = first == "CREATE" || first == "DROP";
  if (makes_or_drops && (second == "DATABASE" || second == "TABLESPACE")) return true;
  bool of_index = second == "INDEX" || (second == "UNIQUE" && statement.Word(2) == "INDEX");
  if (makes_or_drops && of_index && statement.Has("CONCURRENTLY")) return true;
  if (first == "REINDEX")
    return second == "DATABASE" || second == "SYSTEM" || statement.Has("CONCURRENTLY");
  if (statement.BeginsWith({"ALTER", "TABLE"}))
    return statement.Has("DETACH") && statement.Has("CONCURRENTLY");
  return first == "VACUUM" || statement.BeginsWith({"ALTER", "SYSTEM"}) ||
         (first == "CLUSTER" && statement.words.size() == 1) ||
         statement.BeginsWith({"DISCARD", "ALL"}) || (makes_or_drops && second == "SUBSCRIPTION");
}

bool ChangesRole(const Statement& statement) {
  std::string_view first = statement.Word(0);
  if (first != "SET" && first != "RESET") return false;
  size_t next = statement.Word(1) == "LOCAL" || statement.Word(1) == "SESSION" ? 2 : 1;
  std::string_view what = statement.Word(next);
  return what == "ROLE" || what == "AUTHORIZATION" || what == "SESSION_AUTHORIZATION" ||
         (first == "RESET" && what == "ALL") || statement.Word(1) == "SESSION_AUTHORIZATION";
}

std::optional<Fault> PostgresqlObstacle(const Statement& statement, const StepTraits& traits) {
  if (CannotBeInTransaction(statement) && !traits.non_transactional) {
    return Fault{
        statement.line,
        StrCat(statement.Word(0), " ", statement.Word(1), " cannot run in a transaction here"),
        std::string(kTransactional)};
  }
  if (ChangesRole(statement)) {
    return Fault{statement.line, "the text changes the role it runs as",
                 "remove it: a migration runs as the owner of its database"};
  }
  if (statement.Word(0) == "COPY" && (statement.Has("STDIN") || statement.Has("PROGRAM"))) {
    return Fault{statement.line, "COPY has nothing to read from or to run here",
                 "write INSERT statements, or make the step a program"};
  }
  return std::nullopt;
}

/// A comment without its marks.
std::string_view Inside(std::string_view comment) {
  bool is_block = comment.starts_with("/*");
  comment.remove_prefix(2);
  if (is_block) comment.remove_suffix(2);
  return TrimSpace(comment);
}

}  // namespace

Result<std::string> NormalForm(std::string_view sql, Engine engine) {
  std::string form;
  SqlLexer lexer(sql, engine);
  while (auto token = lexer.Next()) {
    if (token->kind == SqlToken::Kind::kComment) continue;
    // With a space in its place the string would end.
    if (!form.empty()) form += token->goes_on ? '\n' : ' ';
    form += token->text;
  }
  if (const auto& fault = lexer.fault())
    return Error{ErrorCode::kInvalidArgument, StrCat("line ", fault->line, ": ", fault->message),
                 fault->remedy};
  return form;
}

std::string QuotedName(std::string_view name) {
  std::string quoted = "\"";
  for (char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::vector<SqlStatement> SplitStatements(std::string_view sql, Engine engine) {
  std::vector<SqlStatement> statements;
  StatementReader reader(sql, engine);
  while (auto statement = reader.Next()) statements.push_back({statement->line, statement->text});
  return statements;
}

StepTraits ReadTraits(std::string_view up, Engine engine, std::vector<Fault>& faults) {
  StepTraits traits;
  SqlLexer lexer(up, engine);
  while (auto token = lexer.Next()) {
    if (token->kind != SqlToken::Kind::kComment) continue;
    std::string_view text = Inside(token->text);
    if (!text.starts_with(kMarker)) continue;
    text.remove_prefix(kMarker.size());
    while (!(text = TrimSpace(text)).empty()) {
      size_t end = std::min(text.find_first_of(" \t,"), text.size());
      std::string_view word = text.substr(0, end);
      if (!AddTrait(word, traits)) {
        faults.push_back({token->line, StrCat(Quoted(word, 80), " is nothing that a step can be"),
                          SuggestWord(word, {"lossy", "non-transactional", "foreign-keys-off"})});
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  if (traits.foreign_keys_off && engine != Engine::kSqlite) {
    faults.push_back({1, "foreign-keys-off is for SQLite",
                      "remove it; PostgreSQL alters tables that others refer to"});
  }
  return traits;
}

bool IsHarmlessPragma(std::string_view name) {
  static const std::set<std::string_view> kNames = {
      "user_version", "application_id",   "foreign_key_check", "integrity_check",
      "quick_check",  "foreign_key_list", "table_info",        "table_xinfo",
      "index_list",   "index_info",       "optimize",          "defer_foreign_keys",
      "data_version"};
  return kNames.contains(name);
}

void FindObstacles(std::string_view sql, Engine engine, const StepTraits& traits,
                   std::vector<Fault>& faults) {
  StatementReader reader(sql, engine);
  while (auto statement = reader.Next()) {
    if (ControlsTransaction(*statement)) {
      if (!traits.non_transactional) {
        faults.push_back({statement->line, StrCat(statement->Word(0), " controls the transaction"),
                          std::string(kTransactional)});
      }
      continue;
    }
    auto obstacle = engine == Engine::kSqlite ? SqliteObstacle(*statement, traits)
                                              : PostgresqlObstacle(*statement, traits);
    if (obstacle) faults.push_back(*std::move(obstacle));
  }
  if (reader.fault()) faults.push_back(*reader.fault());
}

}  // namespace ignite::migrations
