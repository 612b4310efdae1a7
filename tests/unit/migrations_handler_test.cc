// What is not done to a database after something before it failed; what else the handler does, real
// programs show (tests/e2e/data_test.py).
#include "agent/handlers/migrations_handler.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::ComponentRecord;
using fakes::FailsWith;
using fakes::Must;
using format::MigrationsSpec;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

/// The worker of a database; what is not set is done.
struct ScriptedWorker : Process {
  Result<Outcome> Run(const Command& command) override {
    std::string request(AsText(command.input));
    std::string verb = *Must(Json::ParseStored(request)).Find("verb")->AsString();
    asked.push_back(verb);
    Json answer = Json::EmptyObject();
    if (refused == verb) {
      Json error = Json::EmptyObject();
      error.Set("code", "io").Set("cause", "no " + verb).Set("remedy", "none");
      answer.Set("error", std::move(error));
    } else {
      answer.Set("done", verb == "read" ? migrations::ToJson(state) : Json());
    }
    return Outcome{0, answer.Dump(), false};
  }
  migrations::DatabaseState state;
  std::string refused;
  std::vector<std::string> asked;
};

class MigrationsHandlerTest : public testing::Test {
 protected:
  MigrationsHandlerTest() {
    process_.state.exists = process_.state.is_managed = true;
    process_.state.is_empty = false;
    process_.state.release = "1-t1";
  }

  /// One without steps; its database is that of a PostgreSQL server, where no file is looked for.
  static ComponentRecord Record(std::string release,
                                std::string database = "dbname=probe user=nobody") {
    MigrationsSpec spec;
    spec.engine = MigrationsSpec::kPostgresql;
    spec.database = std::move(database);
    spec.folder.entries = 1;
    return {"data/main", "migrations", "0", std::move(release), spec.ToJson()};
  }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  ScriptedWorker process_;
  engine::ProbePaths paths_{folder_.path()};
  engine::Settings settings_;
  std::unique_ptr<Clock> clock_ = MakeSystemClock();
  MigrationsHandler handler_{*files_, process_, *clock_, paths_, settings_};
};

TEST_F(MigrationsHandlerTest, ADatabaseThatWouldMoveElsewhereIsLeftAlone) {
  auto findings = Must(
      handler_.CheckTargets(Change{Record("1-t1"), Record("2-t2", "dbname=other user=nobody")}));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].cause, testing::HasSubstr("would move from dbname=probe"));
  EXPECT_THAT(process_.asked, ElementsAre());
}

TEST_F(MigrationsHandlerTest, ADatabaseThatCannotBeReadIsAFinding) {
  process_.refused = "read";
  auto findings = Must(handler_.CheckTargets(Change{Record("1-t1"), Record("2-t2")}));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].cause, "no read");
  EXPECT_FALSE(findings[0].passed);
}

TEST_F(MigrationsHandlerTest, WithoutItsSnapshotNothingIsChanged) {
  process_.refused = "snapshot";
  EXPECT_THAT(handler_.Activate(Change{Record("1-t1"), std::nullopt}),
              FailsWith(ErrorCode::kIo, "no snapshot"));
  EXPECT_THAT(process_.asked, ElementsAre("read", "snapshot"));
}

TEST_F(MigrationsHandlerTest, WhatLeftTheDatabaseComesBackByItsSnapshotOnly) {
  process_.state.release = "";
  process_.state.is_managed = false;
  EXPECT_THAT(handler_.Undo(Change{Record("1-t1"), std::nullopt}),
              FailsWith(ErrorCode::kIo, "copy.db is gone"));
  EXPECT_THAT(process_.asked, Not(Contains("run")));
}

}  // namespace
}  // namespace ignite::handlers
