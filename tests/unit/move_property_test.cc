// Whatever steps a release has, and wherever one of them fails: the database is where it was, and
// the way back keeps what was written in between.

#include <gmock/gmock.h>

#include "base/sqlite.h"
#include "base/str_cat.h"
#include "migrations/database.h"
#include "migrations/postgresql_connection.h"
#include "tests/fakes/moves.h"
#include "tests/fakes/must.h"
#include "tests/fakes/postgresql_server.h"
#include "tests/fakes/random.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::migrations {
namespace {

using fakes::MakeStep;
using fakes::Must;
using fakes::Up;

constexpr std::string_view kFault = "SELECT nothing FROM nowhere;\n";

/// A table of the application, as the steps have left it.
struct Table {
  std::string name;
  std::string text_column = "b";
  int64_t added = 0;  ///< To every number in it.
};

/// Tables with rows, and steps over them that can be taken back.
class RandomRelease {
 public:
  explicit RandomRelease(uint64_t seed) : random_(seed) {
    for (uint64_t count = 1 + random_.Below(3); tables_.size() < count;)
      tables_.push_back({StrCat("t", tables_.size())});
    MakeFirst();
    for (uint64_t count = 1 + random_.Below(8); next.size() < count;) MakeNext();
  }

  Step first;
  std::vector<Step> next;

  /// One of them does half of what it should.
  std::vector<Step> Broken(std::string Step::*up) {
    std::vector<Step> steps = next;
    Break(steps[random_.Below(steps.size())].*up);
    return steps;
  }
  std::vector<Step> BrokenBack() {
    std::vector<Step> steps = next;
    Break(*steps[random_.Below(steps.size())].down);
    return steps;
  }
  /// Rows that are written while the steps are applied, and what they are once those are gone.
  std::string Written(bool is_back) {
    std::string sql;
    for (const Table& table : tables_)
      sql += StrCat("INSERT INTO ", table.name, " (id, a) VALUES (1000, ",
                    is_back ? 5 - table.added : 5, ");");
    return sql;
  }

 private:
  void MakeFirst() {
    std::string up;
    std::string down;
    for (const Table& table : tables_) {
      up += StrCat("CREATE TABLE ", table.name, " (id INTEGER PRIMARY KEY, a INTEGER, b TEXT);\n");
      for (uint64_t row = 1 + random_.Below(4); row > 0; --row)
        up += StrCat("INSERT INTO ", table.name, " VALUES (", row, ", ", random_.Below(100),
                     ", 'it''s');\n");
      down += StrCat("DROP TABLE ", table.name, ";\n");
    }
    first = MakeStep(1, up, down);
  }

  void MakeNext() {
    int64_t number = 2 + static_cast<int64_t>(next.size());
    Table& table = tables_[random_.Below(tables_.size())];
    std::string alter = StrCat("ALTER TABLE ", table.name);
    switch (random_.Below(6)) {
      case 0:
        Add(StrCat("CREATE TABLE s", number, " (v INTEGER);\nINSERT INTO s", number,
                   " SELECT a FROM ", table.name, ";\n"),
            StrCat("DROP TABLE s", number, ";\n"));
        break;
      case 1:
        Add(StrCat(alter, " ADD COLUMN c", number, " INTEGER DEFAULT 7;\nUPDATE ", table.name,
                   " SET c", number, " = a;\n"),
            StrCat(alter, " DROP COLUMN c", number, ";\n"));
        break;
      case 2:
        Add(StrCat("CREATE INDEX i", number, " ON ", table.name, " (a);\n"),
            StrCat("DROP INDEX i", number, ";\n"));
        break;
      case 3: {
        std::string before = std::exchange(table.text_column, StrCat("b", number));
        Add(StrCat(alter, " RENAME COLUMN ", before, " TO b", number, ";\n"),
            StrCat(alter, " RENAME COLUMN b", number, " TO ", before, ";\n"));
        break;
      }
      case 4:
        table.added += number;
        Add(StrCat("UPDATE ", table.name, " SET a = a + ", number, ";\n"),
            StrCat("UPDATE ", table.name, " SET a = a - ", number, ";\n"));
        break;
      default:
        Add(StrCat("CREATE VIEW w", number, " AS SELECT a FROM ", table.name, ";\n"),
            StrCat("DROP VIEW w", number, ";\n"));
    }
  }
  void Add(std::string up, std::string down) {
    next.push_back(MakeStep(2 + static_cast<int64_t>(next.size()), std::move(up), std::move(down)));
  }
  void Break(std::string& sql) {
    random_.OneIn(2) ? sql.append(kFault) : sql.insert(sql.find(";\n") + 2, kFault);
  }

  fakes::Random random_;
  std::vector<Table> tables_;
};

using WriteRows = std::function<void(const std::string& address, const std::string& sql)>;

void Hold(uint64_t seed, Engine engine, const std::string& address, const std::string& twin_address,
          const WriteRows& write) {
  SCOPED_TRACE(StrCat("seed ", seed));
  RandomRelease release(seed);
  auto database = OpenDatabase(engine, address);
  auto twin = OpenDatabase(engine, twin_address);
  for (Database* each : {database.get(), twin.get()})
    Must(each->Run(Up("", 0, "1-t1", {release.first})));
  Fingerprint start = Must(database->Examine());

  EXPECT_FALSE(database->Run(Up("1-t1", 1, "2-t2", release.Broken(&Step::up))));
  EXPECT_EQ(Must(database->Examine()), start);
  EXPECT_EQ(Must(database->Read()).release, "1-t1");

  Must(database->Run(Up("1-t1", 1, "2-t2", release.next)));
  EXPECT_NE(Must(database->Examine()), start);
  write(address, release.Written(false));
  write(twin_address, release.Written(true));
  Fingerprint end = Must(database->Examine());

  EXPECT_FALSE(database->Run(Reversed(Up("1-t1", 1, "2-t2", release.BrokenBack()))));
  EXPECT_EQ(Must(database->Examine()), end);
  EXPECT_EQ(Must(database->Read()).release, "2-t2");

  Must(database->Run(Reversed(Up("1-t1", 1, "2-t2", release.next))));
  EXPECT_EQ(Must(database->Examine()), Must(twin->Examine()));
  EXPECT_EQ(Must(database->Read()).version, 1);
}

TEST(SqliteMovePropertyTest, BackIsWhereItWas) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    fakes::TemporaryDirectory folder;
    Hold(seed, Engine::kSqlite, folder / "moved.db", folder / "twin.db",
         [](const std::string& path, const std::string& sql) {
           auto connection = Must(Sqlite::Open(path, Sqlite::Mode::kReadWriteCreate));
           Must(connection.Execute(sql));
         });
  }
}

TEST(PostgresqlMovePropertyTest, BackIsWhereItWas) {
  fakes::PostgresqlServer& server = fakes::SharedPostgresqlServer();
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Hold(seed, Engine::kPostgresql, server.MakeDatabase(StrCat("moved_", seed), "probe"),
         server.MakeDatabase(StrCat("twin_", seed), "probe"),
         [](const std::string& address, const std::string& sql) {
           auto connection =
               Must(PostgresqlConnection::Open(address, PostgresqlConnection::As::kLogin));
           Must(connection.Execute(StrCat("SET search_path = public; ", sql)));
         });
  }
}

}  // namespace
}  // namespace ignite::migrations
