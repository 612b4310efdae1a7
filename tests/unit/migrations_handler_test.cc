// What is not done to a database after something before it failed, and what is kept before a
// snapshot takes its place. What else the handler does, real programs show
// (tests/e2e/data_test.py).
#include "agent/handlers/migrations_handler.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "base/str_cat.h"
#include "tests/fakes/database_worker.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::ComponentRecord;
using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kDatabase = "/var/lib/probe/main.db";
constexpr uid_t kOwner = 65534;

/// Has as much room as it is told, and fails where it is told.
class SmallFileSystem : public fakes::FaultyFileSystem {
 public:
  using FaultyFileSystem::FaultyFileSystem;
  Result<Space> SpaceAt(const std::string& path) override {
    Space space = TRY(FaultyFileSystem::SpaceAt(path));
    space.free_bytes = free;
    return space;
  }
  Result<std::unique_ptr<TreeWriter>> CreateTree(const std::string& path) override {
    if (path == faulty_tree) return Error{ErrorCode::kIo, "an injected fault", ""};
    return FaultyFileSystem::CreateTree(path);
  }
  Result<> RemoveTree(const std::string& path) override {
    if (path == faulty_removal) return Error{ErrorCode::kIo, "an injected fault", ""};
    return FaultyFileSystem::RemoveTree(path);
  }
  uint64_t free = uint64_t{1} << 40;
  std::string faulty_tree;     ///< This one cannot be made.
  std::string faulty_removal;  ///< This one stays.
};

migrations::DatabaseState At(std::string release, int64_t version) {
  migrations::DatabaseState state;
  state.exists = state.is_managed = true;
  state.release = std::move(release);
  state.version = version;
  state.bytes = uint64_t{100} * 1024 * 1024;
  return state;
}

ComponentRecord Release(std::string name, uint64_t steps, std::string_view database = kDatabase,
                        std::string_view engine = format::MigrationsSpec::kSqlite) {
  format::MigrationsSpec spec;
  spec.engine = engine;
  spec.database = database;
  spec.folder.entries = 1 + steps;
  spec.folder.bytes = 4096;
  for (uint64_t number = 1; number <= steps; ++number) {
    spec.folder.steps.push_back({number, "s", StrCat(number, "_s.up.sql"), ""});
    spec.meanings.push_back({{}, std::string(64, '0'), ""});
  }
  ComponentRecord record;
  record.component = "data/main";
  record.type = format::MigrationsSpec::kType;
  record.release = std::move(name);
  record.spec = spec.ToJson();
  return record;
}

/// An update to step 2, which has no way back, on trial.
class MigrationsHandlerTest : public testing::Test {
 protected:
  MigrationsHandlerTest() {
    std::string path = probe_.Path(kDatabase);
    Must(files_.MakeDirectories(ParentOf(path), 0755));
    Must(files_.WriteAtomically(path, {}, 0644));
    bool is_given = geteuid() != 0 || chown(path.c_str(), kOwner, kOwner) == 0;
    EXPECT_TRUE(is_given);
    Must(files_.MakeDirectories(ParentOf(Snapshot()), 0755));
    Must(files_.WriteAtomically(Snapshot(), AsBytes(ToJson(At("1-t1", 1)).Dump()), 0600));
    worker_.state = At("2-t2", 2);
  }

  std::string Snapshots() const { return probe_.Path("/var/lib/ignite/snapshots/data/main"); }
  std::string Snapshot() const { return Snapshots() + "/1-t1_to_2-t2/copy.db"; }
  /// The release that the kept copy stood at.
  std::string Kept() {
    auto text = files_.ReadFile(Snapshots() + "/replaced/copy.db", 65536);
    if (!text) return "none";
    return Must(migrations::StateFromJson(Must(Json::ParseStored(*text)))).release;
  }
  std::vector<std::string> Remarks() { return Must(handler_.UndoRemarks(change_)); }

  fakes::FakeProbe probe_;
  SmallFileSystem files_{*probe_.real_files};
  fakes::DatabaseWorker worker_{*probe_.real_files};
  DatabaseNotes notes_{files_, probe_.paths};
  MigrationsHandler handler_{files_, worker_, probe_.clock, probe_.paths, probe_.settings};
  Change change_{Release("1-t1", 1), Release("2-t2", 2)};
};

TEST_F(MigrationsHandlerTest, ADatabaseThatWouldMoveElsewhereIsLeftAlone) {
  change_.to = Release("2-t2", 2, "/var/lib/probe/other.db");
  auto findings = Must(handler_.CheckTargets(change_));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].cause, HasSubstr("would move from /var/lib/probe/main.db"));
  EXPECT_THAT(worker_.asked, IsEmpty());
}

TEST_F(MigrationsHandlerTest, ADatabaseThatCannotBeReadIsAFinding) {
  worker_.fails = "read";
  auto findings = Must(handler_.CheckTargets(change_));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].cause, "an injected fault");
  EXPECT_FALSE(findings[0].passed);
}

TEST_F(MigrationsHandlerTest, AfterItsCheckTheDatabaseIsNotReadAgainForWords) {
  worker_.state = At("1-t1", 1);
  worker_.state.baseline = 1;
  for (const char* fails : {"", "read"}) {
    worker_.asked.clear();
    worker_.fails = fails;
    (void)Must(handler_.CheckTargets(change_));
    (void)Must(handler_.StagingSteps(change_));
    (void)Must(handler_.ActivationSteps(change_));
    EXPECT_THAT(worker_.asked, ElementsAre("read"));
  }
  worker_.fails.clear();
  EXPECT_THAT(Must(handler_.CheckTargets(change_)), IsEmpty());
  EXPECT_THAT(Must(handler_.ActivationSteps(change_)), Contains(HasSubstr("move data/main")));
}

TEST_F(MigrationsHandlerTest, AServerThatDoesNotAnswerIsAskedOnceForWords) {
  worker_.fails = "read";
  for (int times = 0; times < 3; ++times) (void)handler_.ActivationSteps(change_);
  EXPECT_THAT(worker_.asked, ElementsAre("read"));
}

TEST_F(MigrationsHandlerTest, ASystemWithAnotherPostgresqlIsRefused) {
  ComponentRecord record =
      Release("1-t1", 1, "dbname=probe user=nobody", format::MigrationsSpec::kPostgresql);
  worker_.state.server = 15;
  handler_.NoteSystem(record);
  EXPECT_THAT(handler_.CheckSystem(record), Succeeds());
  std::string programs = probe_.Path("/usr/lib/postgresql/16/bin");
  Must(files_.MakeDirectories(programs, 0755));
  Must(files_.WriteAtomically(programs + "/postgres", {}, 0755));
  worker_.fails = "read";
  EXPECT_THAT(handler_.CheckSystem(record),
              FailsWith(ErrorCode::kRefused, "this operating system brings PostgreSQL 16"));
}

TEST_F(MigrationsHandlerTest, QueriesThatWouldBeCutOffAreRefused) {
  worker_.state = At("1-t1", 1);
  worker_.state.baseline = 1;
  change_.to = Release("2-t2", 1);
  auto spec = Must(format::MigrationsSpec::FromJson(change_.to->spec));
  spec.has_verify = true;
  change_.to->spec = spec.ToJson();
  std::string folder = probe_.Path("/var/lib/ignite/programs/data/main/2-t2");
  Must(files_.MakeDirectories(folder, 0755));
  Must(files_.WriteAtomically(folder + "/verify.sql", AsBytes(std::string("SELECT 1;\n\0", 11)),
                              0644));
  EXPECT_THAT(handler_.Activate(change_, {}),
              FailsWith(ErrorCode::kCorrupt, "verify.sql, line 2: a NUL byte"));
  EXPECT_THAT(worker_.asked, Not(Contains("run")));
}

TEST_F(MigrationsHandlerTest, WithoutItsSnapshotNothingIsChanged) {
  worker_.state = At("1-t1", 1);
  worker_.fails = "snapshot";
  EXPECT_THAT(handler_.Activate({Release("1-t1", 1), std::nullopt}, {}),
              FailsWith(ErrorCode::kIo, "an injected fault"));
  EXPECT_THAT(worker_.asked, ElementsAre("read", "snapshot"));
}

TEST_F(MigrationsHandlerTest, WithoutAFolderForItNoSnapshotIsAskedFor) {
  worker_.state = At("1-t1", 1);
  files_.faulty_tree = Snapshots() + "/1-t1_to_nothing";
  EXPECT_THAT(handler_.Activate({Release("1-t1", 1), std::nullopt}, {}),
              FailsWith(ErrorCode::kIo, "an injected fault"));
  EXPECT_THAT(worker_.asked, ElementsAre("read"));
}

TEST_F(MigrationsHandlerTest, WithoutAFolderForItNothingIsKeptAndTheRestoreGoesOn) {
  files_.faulty_tree = Snapshots() + "/replaced";
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  EXPECT_THAT(worker_.asked, ElementsAre("read", "restore"));
  EXPECT_THAT(Remarks(), ElementsAre(HasSubstr("could not be kept: an injected fault")));
}

TEST_F(MigrationsHandlerTest, ASnapshotThatStaysIsAnError) {
  files_.faulty_removal = ParentOf(Snapshot());
  EXPECT_THAT(handler_.Discard(*change_.to), FailsWith(ErrorCode::kIo, "an injected fault"));
}

TEST_F(MigrationsHandlerTest, WhatLeftTheDatabaseComesBackByItsSnapshotOnly) {
  worker_.state = {};
  EXPECT_THAT(handler_.Undo({Release("1-t1", 1), std::nullopt}),
              FailsWith(ErrorCode::kIo, "copy.db is gone"));
  EXPECT_THAT(worker_.asked, Not(Contains("run")));
}

TEST_F(MigrationsHandlerTest, AnUndoKeepsWhatItsSnapshotReplaces) {
  EXPECT_THAT(Remarks(), IsEmpty());
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  EXPECT_EQ(worker_.state.release, "1-t1");
  EXPECT_EQ(Kept(), "2-t2");
  EXPECT_THAT(
      Remarks(),
      ElementsAre(HasSubstr(StrCat("opened by: sqlite3 ", Snapshots(), "/replaced/copy.db"))));
  EXPECT_THAT(Must(handler_.UndoRemarks({Release("1-t1", 1), Release("2-t9", 2)})), IsEmpty());
}

TEST_F(MigrationsHandlerTest, ARepeatedUndoDoesNotKeepWhatIsRestoredAlready) {
  worker_.dies_late = true;
  EXPECT_FALSE(handler_.Undo(change_));
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  EXPECT_EQ(Kept(), "2-t2");
  EXPECT_EQ(Remarks().size(), 1U);
}

TEST_F(MigrationsHandlerTest, WhatWasBegunOfASnapshotGoesBeforeAnythingElse) {
  std::string part = Snapshot() + ".part";
  Must(files_.RemoveFile(Snapshot()));
  Must(files_.WriteAtomically(part, AsBytes("half"), 0600));
  worker_.fails = "read";
  EXPECT_FALSE(handler_.Undo(change_));
  EXPECT_FALSE(Must(files_.Inspect(ParentOf(part))));
}

TEST_F(MigrationsHandlerTest, TheSnapshotThatWasTakenLastLeadsOverSeveralReleases) {
  std::string folder = Snapshots() + "/1-t1_to_3-t3";
  Must(files_.MakeDirectories(folder, 0755));
  Must(files_.WriteAtomically(folder + "/copy.db", AsBytes(ToJson(At("1-t1", 1)).Dump()), 0600));
  // Files that are made one after the other may have the same time.
  auto earlier = std::filesystem::last_write_time(Snapshot()) - std::chrono::hours(1);
  std::filesystem::last_write_time(Snapshot(), earlier);
  DataSnapshots snapshots(files_, DatabaseAccess(files_, worker_, probe_.paths), notes_);
  auto behind = [&] { return Must(snapshots.Behind({Release("4-t4", 3), Release("1-t1", 1)})); };
  EXPECT_EQ(behind()->path, folder + "/copy.db");
  Must(files_.RemoveTree(folder));
  EXPECT_EQ(behind()->path, Snapshot());
  Must(files_.RemoveTree(ParentOf(Snapshot())));
  EXPECT_FALSE(behind());
}

TEST_F(MigrationsHandlerTest, ANewerOneReplacesTheOlder) {
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  worker_.state = At("3-t3", 2);
  change_.to = Release("3-t3", 2);
  std::string snapshot = Snapshots() + "/1-t1_to_3-t3/copy.db";
  Must(files_.MakeDirectories(ParentOf(snapshot), 0755));
  Must(files_.WriteAtomically(snapshot, AsBytes(ToJson(At("1-t1", 1)).Dump()), 0600));
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  EXPECT_EQ(Kept(), "3-t3");
  EXPECT_THAT(Must(files_.List(Snapshots() + "/replaced")), ElementsAre("copy.db"));
}

TEST_F(MigrationsHandlerTest, AReturnToWhatARestoreHasLeftNamesTheFileThatHasItsRows) {
  std::string left = Snapshots() + "/2-t2_to_1-t1";
  Must(files_.MakeDirectories(left, 0755));
  Must(files_.WriteAtomically(left + "/copy.db", {}, 0600));
  notes_.Write("data/main", Replaced{"2-t2_to_1-t1", 1, "2-t2_to_1-t1/copy.db", ""});
  worker_.state = At("2-t2", 2);
  Must(handler_.Activate(change_, {}));
  EXPECT_THAT(Must(handler_.Remarks(change_)),
              ElementsAre(HasSubstr("opened by: sqlite3 " + left + "/copy.db")));
  EXPECT_THAT(Remarks(), IsEmpty());
  EXPECT_THAT(Must(handler_.Remarks({Release("1-t1", 1), Release("3-t3", 3)})), IsEmpty());
  Must(files_.RemoveTree(left));
  EXPECT_THAT(Must(handler_.Remarks(change_)), IsEmpty());
}

TEST_F(MigrationsHandlerTest, WithoutRoomTheRestoreGoesOnAndSaysSo) {
  files_.free = uint64_t{200} * 1024 * 1024;
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  EXPECT_EQ(worker_.state.release, "1-t1");
  EXPECT_EQ(Kept(), "none");
  EXPECT_THAT(Remarks(), ElementsAre(HasSubstr("it could not be kept: it takes 104.9 MB, and ")));
  EXPECT_FALSE(Must(files_.Inspect(Snapshots() + "/replaced")));
}

TEST_F(MigrationsHandlerTest, ACopyThatFailsDoesNotStopTheRestore) {
  worker_.fails = "snapshot";
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  EXPECT_EQ(worker_.state.release, "1-t1");
  EXPECT_THAT(Remarks(), ElementsAre(HasSubstr("could not be kept: an injected fault")));
}

TEST_F(MigrationsHandlerTest, ItGoesWithTheLastReleaseOfTheComponent) {
  Must(files_.MakeDirectories(probe_.paths.Programs("data/main", "1-t1"), 0755));
  ASSERT_THAT(handler_.Undo(change_), Succeeds());
  ASSERT_THAT(handler_.Discard(*change_.to), Succeeds());
  EXPECT_EQ(Kept(), "2-t2");
  EXPECT_EQ(Remarks().size(), 1U);
  EXPECT_FALSE(Must(files_.Inspect(ParentOf(Snapshot()))));
  ASSERT_THAT(handler_.Discard(*change_.from), Succeeds());
  EXPECT_FALSE(Must(files_.Inspect(Snapshots())));
}

}  // namespace
}  // namespace ignite::handlers
