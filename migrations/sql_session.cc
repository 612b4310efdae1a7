#include "migrations/sql_session.h"

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::migrations {

Result<> SqlSession::Run(const std::string& sql, const Parameters& parameters) {
  return Query(sql, parameters, [](const std::vector<std::string>&) {});
}

Result<std::string> SqlSession::Value(const std::string& sql) {
  std::optional<std::string> first;
  TRY(Query(sql, {}, [&](const std::vector<std::string>& columns) {
    if (!first) first = columns.at(0);
  }));
  return first.value_or("");
}

Error FoundByVerify(std::string_view query, std::string_view row) {
  return {ErrorCode::kRefused,
          StrCat("the check '", Printable(query, 120), "' found: ", Printable(row, 120)),
          "correct the step or the data that it meets"};
}

}  // namespace ignite::migrations
