#include "agent/engine/journal.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/memory_vfs.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::engine {
namespace {

using fakes::FailsWith;
using fakes::Must;

Plan SamplePlan(int64_t to) {
  Plan plan;
  plan.content_id = std::string(64, 'a');
  plan.kind = "product";
  plan.product = "netprobe";
  plan.version = "1.0";
  plan.counter = 7;
  plan.epoch = 2;
  plan.from_deployment = to - 1;
  plan.to_deployment = to;
  plan.components = {{"app/web", "tree", "1.0", "1.0-t1", Json::EmptyObject()}};
  plan.changes = {{std::nullopt, plan.components[0]}};
  plan.health = {{"web", "http", 500, Json::EmptyObject()}};
  return plan;
}

class JournalTest : public testing::Test {
 protected:
  Journal Open() { return Must(Journal::Open(folder_ / "journal.db", *files_, clock_)); }
  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  fakes::FakeClock clock_;
};

/// A spec with as many values as a manifest can hold of one: some 20 belong to what is around it.
Json LargestSpec(std::string_view word) {
  std::vector<std::string> words(Json::kMaxValues - 30, std::string(word));
  Json spec = Json::EmptyObject();
  return spec.Set("units", Json::StringArray(words));
}

/// The process dies at a sync of a folder by SQLite, so many from now on.
class DyingWatch : public fakes::CallWatch {
 public:
  fakes::Fate Next(std::string_view call) override {
    if (folder_syncs_left > 0 && call == "db-fsync-folder") is_dead = --folder_syncs_left == 0;
    return {is_dead ? fakes::Fate::Kind::kDies : fakes::Fate::Kind::kDone, 0, false};
  }
  int folder_syncs_left = 0;
  bool is_dead = false;
};

TEST_F(JournalTest, NobodyElseCanReadIt) {
  Open();
  struct stat status {};
  ASSERT_EQ(stat((folder_ / "journal.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(JournalTest, ThePlanOfTheLargestBundlesIsReadBack) {
  // The change of the largest component to another of that size, beside those of service packs.
  Plan plan = SamplePlan(2);
  ComponentRecord from{"app/web", "tree", "1.0", "1.0-t1", LargestSpec("old")};
  ComponentRecord to{"app/web", "tree", "2.0", "2.0-t2", LargestSpec("new")};
  plan.changes = {{from, to}};
  plan.components = {to};
  for (int i = 0; i < 3; ++i) {
    plan.components.push_back(
        {StrCat("app/pack-", i), "tree", "1.0", StrCat("1.0-t", i), LargestSpec("pack")});
  }
  Journal journal = Open();
  int64_t id = Must(journal.Begin("large.ignite"));
  Must(journal.SetPlan(id, plan));
  auto unfinished = Must(Open().Unfinished());
  ASSERT_TRUE(unfinished && unfinished->plan);
  EXPECT_EQ(unfinished->plan->ToJson(), plan.ToJson());
  EXPECT_EQ(Must(journal.Commit(id, plan, "")), Journal::CommitOutcome::kCommitted);
  EXPECT_EQ(Must(journal.Current())->components.size(), plan.components.size());
}

TEST_F(JournalTest, OnlyAJournalWithoutItsTablesIsWrittenWhenItIsOpened) {
  Open();
  Sqlite writer = Must(Sqlite::Open(folder_ / "journal.db", Sqlite::Mode::kReadWriteCreate));
  Must(writer.Execute("BEGIN IMMEDIATE"));
  EXPECT_TRUE(Journal::Open(folder_ / "journal.db", *files_, clock_));
}

TEST_F(JournalTest, AJournalThatCountsNoVersionGetsTheTablesThatItLacks) {
  Open();
  {
    Sqlite old = Must(Sqlite::Open(folder_ / "journal.db", Sqlite::Mode::kReadWriteCreate));
    Must(old.Execute("DROP TABLE holds; DROP TABLE notes; PRAGMA user_version = 0"));
    EXPECT_TRUE(Must(Must(Journal::OpenForReading(folder_ / "journal.db")).Notes("")).empty());
  }
  Journal journal = Open();
  Must(journal.Hold("a"));
  EXPECT_TRUE(Must(journal.IsHeld("a")));
}

TEST_F(JournalTest, AJournalOfANewerAgentStaysNewer) {
  Open();
  Sqlite newer = Must(Sqlite::Open(folder_ / "journal.db", Sqlite::Mode::kReadWriteCreate));
  Must(newer.Execute("PRAGMA user_version = 7"));
  Open();
  auto version = Must(newer.Prepare("PRAGMA user_version"));
  ASSERT_TRUE(Must(version.Step()));
  EXPECT_EQ(version.Integer(0), 7);
}

TEST_F(JournalTest, WhatADeadProcessWroteSurvivesAPowerCutOnceItWasRead) {
  std::string path = folder_ / "journal.db";
  std::ofstream(path).flush();  // The mode is set on the real file.
  fakes::MemoryDisk disk;
  DyingWatch watch;
  fakes::MemoryFileSystem files(disk, watch);
  fakes::MemoryVfs vfs(disk, watch);
  Must(files.MakeDirectories(folder_.path(), 0700));
  {
    Journal journal = Must(Journal::Open(path, files, clock_));
    // SQLite's own journal gets its name, and loses it: that is the commit.
    watch.folder_syncs_left = 2;
    EXPECT_FALSE(journal.Begin("a.ignite"));
    ASSERT_TRUE(watch.is_dead);
  }
  watch.is_dead = false;
  EXPECT_TRUE(Must(Must(Journal::Open(path, files, clock_)).Unfinished()));
  fakes::Random random(1);
  disk.CutPower(fakes::MemoryDisk::Cut::kKeepsNothing, random);
  EXPECT_TRUE(Must(Must(Journal::Open(path, files, clock_)).Unfinished()));
}

TEST_F(JournalTest, ATransactionIsUnfinishedUntilItsEnd) {
  Journal journal = Open();
  int64_t id = Must(journal.Begin("a.ignite"));
  Must(journal.SetPlan(id, SamplePlan(1)));
  Must(journal.Enter(id, State::kApplying, "switching"));
  auto unfinished = Must(Open().Unfinished());
  ASSERT_TRUE(unfinished);
  EXPECT_EQ(unfinished->state, State::kApplying);
  EXPECT_EQ(unfinished->step, "switching");
  ASSERT_TRUE(unfinished->plan);
  EXPECT_EQ(unfinished->plan->ToJson(), SamplePlan(1).ToJson());
  Verdict verdict;
  verdict.state = State::kRolledBack;
  Must(journal.End(id, verdict, false));
  EXPECT_FALSE(Must(journal.Unfinished()));
}

TEST_F(JournalTest, NotesStayAsLongAsTheirContentIsDeployed) {
  Journal journal = Open();
  auto install = [&](int64_t to, char content, bool commits) {
    Plan plan = SamplePlan(to);
    plan.content_id = std::string(64, content);
    int64_t id = Must(journal.Begin("a.ignite"));
    Must(journal.SetPlan(id, plan, {{"en", std::string(1, content)}, {"fr", "nouveau"}}));
    Must(journal.SetPlan(id, plan));
    Verdict verdict;
    verdict.state = State::kFailed;
    if (commits) Must(journal.Commit(id, plan, ""));
    if (!commits) Must(journal.End(id, verdict, false));
  };
  auto count = [&](char content) {
    auto notes =
        Must(Must(Journal::OpenForReading(folder_ / "journal.db")).Notes(std::string(64, content)));
    for (const auto& note : notes)
      EXPECT_EQ(note.text, note.language == "en" ? std::string(1, content) : "nouveau");
    return notes.size();
  };
  install(1, 'a', true);
  install(2, 'b', false);
  EXPECT_EQ(count('a'), 2u);
  install(2, 'c', true);
  EXPECT_EQ(count('a'), 2u);
  EXPECT_EQ(count('b'), 0u);
  EXPECT_EQ(count('c'), 2u);
  Must(journal.Forget(1));
  install(3, 'd', true);
  EXPECT_EQ(count('a'), 0u);
}

TEST_F(JournalTest, AStuckTransactionStaysUnfinished) {
  Journal journal = Open();
  int64_t id = Must(journal.Begin("a.ignite"));
  Verdict verdict;
  verdict.cause = "no";
  Must(journal.EnterStuck(id, verdict));
  EXPECT_EQ(Must(journal.Unfinished())->state, State::kStuck);
}

TEST_F(JournalTest, OneCommitWritesDeploymentFloorsAndHolds) {
  Journal journal = Open();
  int64_t id = Must(journal.Begin("a.ignite"));
  Must(journal.SetPlan(id, SamplePlan(1)));
  Must(journal.Commit(id, SamplePlan(1), "left behind"));
  auto current = Must(journal.Current());
  ASSERT_TRUE(current);
  EXPECT_EQ(current->number, 1);
  EXPECT_EQ(current->bundle, "a.ignite");
  EXPECT_EQ(current->components, SamplePlan(1).components);
  EXPECT_EQ(current->health.size(), 1u);
  EXPECT_EQ(Must(journal.CounterFloor("netprobe", "product")), 7u);
  EXPECT_EQ(Must(journal.CounterFloor("netprobe", "service-pack")), 0u);
  EXPECT_EQ(Must(journal.EpochFloor("netprobe")), 2u);
  EXPECT_TRUE(Must(journal.IsHeld("left behind")));
  EXPECT_FALSE(Must(journal.Unfinished()));
}

TEST_F(JournalTest, FloorsNeverSink) {
  Journal journal = Open();
  for (int64_t number = 1; number <= 2; ++number) {
    Plan plan = SamplePlan(number);
    plan.counter = number == 1 ? 9 : 3;
    int64_t id = Must(journal.Begin("a.ignite"));
    Must(journal.Commit(id, plan, ""));
  }
  EXPECT_EQ(Must(journal.CounterFloor("netprobe", "product")), 9u);
}

TEST_F(JournalTest, ARollbackRaisesNoFloor) {
  Journal journal = Open();
  Plan plan = SamplePlan(1);
  plan.action = Action::kRollback;
  int64_t id = Must(journal.Begin("rollback"));
  Must(journal.Commit(id, plan, ""));
  EXPECT_EQ(Must(journal.CounterFloor("netprobe", "product")), 0u);
}

TEST_F(JournalTest, AForgottenDeploymentTakesItsComponentsAlong) {
  Journal journal = Open();
  for (int64_t number = 1; number <= 2; ++number) {
    int64_t id = Must(journal.Begin("a.ignite"));
    Must(journal.Commit(id, SamplePlan(number), ""));
  }
  Must(journal.Forget(1));
  EXPECT_EQ(Must(journal.Deployments()).size(), 1u);
}

TEST_F(JournalTest, AMissingJournalIsNotFoundForAReader) {
  EXPECT_THAT(Journal::OpenForReading(folder_ / "none.db"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(JournalTest, AJournalThatIsJustBeingMadeIsNotFoundForAReader) {
  { Sqlite empty = Must(Sqlite::Open(folder_ / "journal.db", Sqlite::Mode::kReadWriteCreate)); }
  EXPECT_THAT(Journal::OpenForReading(folder_ / "journal.db"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(JournalTest, ADamagedRowIsAFaultOfTheMachineAndNotOfABundle) {
  Journal journal = Open();
  int64_t id = Must(journal.Begin("a.ignite"));
  Must(journal.SetPlan(id, SamplePlan(1)));
  Must(journal.Commit(id, SamplePlan(1), ""));
  auto damage = [&](const std::string& row) {
    Sqlite raw = Must(Sqlite::Open(folder_ / "journal.db", Sqlite::Mode::kReadWriteCreate));
    Must(raw.Execute("UPDATE " + row));
  };
  for (const char* text : {"", "{", "{}"}) {
    damage(StrCat("transactions SET plan = '", text, "'"));
    EXPECT_THAT(journal.Transactions(), FailsWith(ErrorCode::kIo, "the journal is damaged"));
    damage(StrCat("releases SET record = '", text, "'"));
    EXPECT_THAT(journal.Releases(), FailsWith(ErrorCode::kIo, "the journal is damaged"));
    damage(StrCat("components SET record = '", text, "'"));
    EXPECT_THAT(journal.Current(), FailsWith(ErrorCode::kIo, "the journal is damaged"));
    damage(StrCat("deployments SET health = '", text, "'"));
    EXPECT_THAT(journal.Deployments(), FailsWith(ErrorCode::kIo, "the journal is damaged"));
  }
  damage("transactions SET state = 'flying'");
  EXPECT_THAT(journal.Transactions(), FailsWith(ErrorCode::kIo, "flying"));
}

TEST_F(JournalTest, ADatabaseOfSomethingElseIsAnError) {
  FILE* file = fopen((folder_ / "journal.db").c_str(), "w");
  ASSERT_NE(file, nullptr);
  fputs("this is no database, and long enough to be seen as none at the very first look", file);
  fclose(file);
  EXPECT_THAT(Journal::Open(folder_ / "journal.db", *files_, clock_), FailsWith(ErrorCode::kIo));
}

TEST_F(JournalTest, EachStepIsKeptWithItsTimes) {
  Journal journal = Open();
  int64_t id = Must(journal.Begin("a.ignite"));
  clock_.Sleep(std::chrono::milliseconds(1'500));
  Must(journal.Enter(id, State::kApplying, "switching"));
  auto steps = Must(journal.Steps(id));
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].state, State::kReceived);
  EXPECT_EQ(steps[1].step, "switching");
  EXPECT_EQ(steps[1].boot - steps[0].boot, std::chrono::milliseconds(1'500));
}

TEST_F(JournalTest, WhatEndedLongAgoLivesOnInTheHistoryAlone) {
  Journal journal = Open();
  Verdict verdict;
  verdict.state = State::kRefused;
  verdict.reason = "counter";
  const int64_t count = Journal::kKeptTransactions + 5;
  for (int64_t i = 0; i < count; ++i)
    Must(journal.End(Must(journal.Begin("a.ignite")), verdict, false));
  auto kept = Must(journal.Transactions());
  EXPECT_EQ(kept.size(), static_cast<size_t>(Journal::kKeptTransactions));
  EXPECT_EQ(kept.front().id, 6);
  EXPECT_TRUE(Must(journal.Steps(1)).empty());
  auto history = Must(journal.History());
  ASSERT_EQ(history.size(), static_cast<size_t>(count));
  EXPECT_EQ(FindHistoryFault(history), std::nullopt);
  auto first = Must(TransactionRecord::FromJson(Must(Json::ParseStored(history.front().text))));
  EXPECT_EQ(first.id, 1);
  EXPECT_EQ(first.state, State::kRefused);
  EXPECT_EQ(first.reason, "counter");
}

}  // namespace
}  // namespace ignite::engine
