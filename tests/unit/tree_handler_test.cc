#include "agent/handlers/tree_handler.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/handlers/accounts.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/tree/table.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;
using fakes::FakeProbe;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;

class TreeHandlerTest : public testing::Test {
 protected:
  TreeHandlerTest() {
    Must(probe_.Install({}));
    record_ = Must(probe_.OpenJournal().Current())->components.at(0);
  }
  std::vector<std::string> Differences() {
    return Must(handler().FindDifferences(record_, engine::Handler::Compare::kEverything));
  }
  engine::Handler& handler() { return *probe_.handlers.Find("tree", "app/web"); }
  std::string Live(std::string_view name) {
    return probe_.Path("/opt/web/current/" + std::string(name));
  }
  void Write(std::string_view name, std::string_view text) {
    FILE* file = fopen(Live(name).c_str(), "w");
    ASSERT_NE(file, nullptr);
    fwrite(text.data(), 1, text.size(), file);
    fclose(file);
  }

  FakeProbe probe_;
  engine::ComponentRecord record_;
};

TEST_F(TreeHandlerTest, AFreshReleaseIsWhatItsBundleBrought) { EXPECT_TRUE(Differences().empty()); }

TEST_F(TreeHandlerTest, ModeOwnerAndTimeAreThoseOfTheBundle) {
  struct stat status {};
  ASSERT_EQ(stat(Live("version.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644u);
  EXPECT_EQ(status.st_uid, 0u);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(status.st_mtim.tv_nsec, 5);
  ASSERT_EQ(stat(probe_.Path("/opt/web/current").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'700'000'000);
}

TEST_F(TreeHandlerTest, OtherContentIsFound) {
  Write("version.txt", "2.0");
  EXPECT_THAT(Differences(), testing::Contains(HasSubstr("version.txt: has other content")));
}

TEST_F(TreeHandlerTest, OtherModeIsFound) {
  ASSERT_EQ(chmod(Live("version.txt").c_str(), 0600), 0);
  EXPECT_THAT(Differences(), ElementsAre(HasSubstr("version.txt: has another mode")));
}

TEST_F(TreeHandlerTest, AMissingFileIsFound) {
  ASSERT_EQ(unlink(Live("version.txt").c_str()), 0);
  EXPECT_THAT(Differences(), testing::Contains("version.txt: is missing"));
}

TEST_F(TreeHandlerTest, AnAddedFileIsFound) {
  Write("extra", "x");
  EXPECT_THAT(Differences(), testing::Contains("extra: is not in the bundle"));
}

TEST_F(TreeHandlerTest, AnotherLinkTargetIsFound) {
  ASSERT_EQ(unlink(Live("a-link").c_str()), 0);
  ASSERT_EQ(symlink("elsewhere", Live("a-link").c_str()), 0);
  EXPECT_THAT(Differences(), testing::Contains("a-link: leads elsewhere"));
}

TEST_F(TreeHandlerTest, AFileInThePlaceOfALinkIsFound) {
  ASSERT_EQ(unlink(Live("a-link").c_str()), 0);
  Write("a-link", "x");
  EXPECT_THAT(Differences(), testing::Contains("a-link: is of another type"));
}

TEST_F(TreeHandlerTest, WhatAnApplicationAddsIsNoDamage) {
  auto damage = [this] {
    return Must(handler().FindDifferences(record_, engine::Handler::Compare::kDamage));
  };
  Write("cache", "x");
  EXPECT_TRUE(damage().empty());
  ASSERT_EQ(chmod(Live("version.txt").c_str(), 0600), 0);
  EXPECT_THAT(damage(), ElementsAre(HasSubstr("version.txt: has another mode")));
}

TEST_F(TreeHandlerTest, ALinkOutsideTheReleaseThatIsGoneIsFound) {
  ASSERT_EQ(unlink(probe_.Path("/etc/web.conf").c_str()), 0);
  EXPECT_THAT(Differences(), ElementsAre("/etc/web.conf: is missing"));
}

TEST_F(TreeHandlerTest, EveryVerbMayRunTwice) {
  engine::Change change{std::nullopt, record_};
  for (int i = 0; i < 2; ++i) Must(handler().Activate(change, {}));
  EXPECT_EQ(probe_.LiveVersion(), "1.0");
  for (int i = 0; i < 2; ++i) Must(handler().Undo(change));
  EXPECT_EQ(probe_.LiveVersion(), "");
  for (int i = 0; i < 2; ++i) Must(handler().Discard(record_));
  EXPECT_FALSE(Must(handler().HasRelease(record_)));
}

TEST_F(TreeHandlerTest, AReleaseWithoutItsTableIsNotWhole) {
  EXPECT_TRUE(Must(handler().HasRelease(record_)));
  Must(probe_.real_files->RemoveFile(probe_.paths.Table(record_.component, record_.release)));
  EXPECT_FALSE(Must(handler().HasRelease(record_)));
}

TEST_F(TreeHandlerTest, AForeignFileIsNeitherReplacedNorTakenBack) {
  Must(handler().Undo({std::nullopt, record_}));
  Must(probe_.real_files->WriteAtomically(probe_.Path("/etc/web.conf"), AsBytes("mine"), 0644));
  EXPECT_THAT(handler().Activate({std::nullopt, record_}, {}),
              FailsWith(ErrorCode::kRefused, "ignite's"));
  Must(handler().Undo({std::nullopt, record_}));
  EXPECT_EQ(Must(probe_.real_files->ReadFile(probe_.Path("/etc/web.conf"), 100)), "mine");
}

TEST_F(TreeHandlerTest, KnowsTheStreamsAndTheSpecOfATree) {
  const format::PayloadInfo tree{"web", "tree",       "app/web",
                                 "1.0", record_.spec, {{100, {}}, {100, {}}}};
  Must(handler().CheckPayload(tree));
  format::PayloadInfo changed = tree;
  changed.streams.pop_back();
  EXPECT_THAT(handler().CheckPayload(changed), FailsWith(ErrorCode::kCorrupt, "streams"));
  changed.streams.assign(3, {100, {}});
  EXPECT_THAT(handler().CheckPayload(changed), FailsWith(ErrorCode::kCorrupt, "streams"));
  changed = tree;
  changed.streams[0].size = format::kMaxTableSize;
  Must(handler().CheckPayload(changed));
  ++changed.streams[0].size;
  EXPECT_THAT(handler().CheckPayload(changed), FailsWith(ErrorCode::kCorrupt, "streams"));
  changed = tree;
  changed.spec = Json::EmptyObject();
  EXPECT_THAT(handler().CheckPayload(changed), FailsWith(ErrorCode::kCorrupt, "missing"));
}

/// Stages a tree with one file of no bytes.
Result<> StageFileOf(engine::Handler& handler, const engine::ComponentRecord& record,
                     std::string owner, std::string group) {
  format::TreeEntry entry;
  entry.type = format::EntryType::kDirectory;
  entry.mode = 0755;
  entry.owner = entry.group = "root";
  format::TableWriter table;
  table.Add(entry);
  entry.type = format::EntryType::kFile;
  entry.path = "file";
  entry.digest = format::Sha256({});
  entry.owner = std::move(owner);
  entry.group = std::move(group);
  table.Add(entry);
  format::TreeSpec spec;
  spec.path = "/opt/web";
  spec.owners = spec.groups = {"root", "gone"};
  spec.entries = 2;
  engine::ComponentRecord next = record;
  next.release = "next";
  next.spec = spec.ToJson();
  auto staging = TRY(handler.Stage({record, next}, {}));
  TRY(staging->BeginStream(0));
  TRY(staging->Write(std::move(table).Finish()));
  TRY(staging->EndStream());
  TRY(staging->BeginStream(1));
  TRY(staging->EndStream());
  return staging->Finish();
}

TEST_F(TreeHandlerTest, AnOwnerOrGroupThatIsGoneWhenItIsStagedIsRefused) {
  Must(StageFileOf(handler(), record_, "root", "root"));
  EXPECT_THAT(StageFileOf(handler(), record_, "gone", "root"),
              FailsWith(ErrorCode::kCorrupt, "gone:root, which this probe does not have"));
  EXPECT_THAT(StageFileOf(handler(), record_, "root", "gone"),
              FailsWith(ErrorCode::kCorrupt, "root:gone, which this probe does not have"));
}

/// So that the journal goes on naming it, and a later clean-up takes it away.
TEST_F(TreeHandlerTest, AReleaseThatIsNotWhollyGoneIsAFailure) {
  int calls = 0;
  do {
    probe_.files.plan = fakes::FaultPlan(++calls, false, ErrorCode::kIo);
    auto discarded = handler().Discard(record_);
    EXPECT_EQ(discarded.has_value(), !probe_.files.plan.fired()) << calls;
  } while (probe_.files.plan.fired());
  EXPECT_GT(calls, 3);
}

TEST_F(TreeHandlerTest, NothingIsStagedOverAReleaseThatCannotBeRemoved) {
  probe_.files.plan = fakes::FaultPlan(1, false, ErrorCode::kIo);
  EXPECT_THAT(handler().Stage({std::nullopt, record_}, {}), FailsWith(ErrorCode::kIo));
}

TEST(AccountsTest, NamesComeFromTheProbesOwnFiles) {
  FakeProbe probe;
  Must(probe.real_files->MakeDirectories(probe.Path("/etc"), 0755));
  Must(probe.real_files->WriteAtomically(
      probe.Path("/etc/passwd"), AsBytes("root:x:0:0::/:\nweb:x:812:813::/:\nbroken line\n"),
      0644));
  Must(probe.real_files->WriteAtomically(probe.Path("/etc/group"), AsBytes("web:x:813:\n"), 0644));
  Accounts accounts = Must(Accounts::Load(probe.files, probe.paths));
  EXPECT_EQ(accounts.User("web"), 812u);
  EXPECT_EQ(accounts.Group("web"), 813u);
  EXPECT_EQ(accounts.User("root"), 0u);
  EXPECT_FALSE(accounts.User("nobody"));
}

TEST(AccountsTest, SysusersLinesDeclareUsersAndTheirGroups) {
  DeclaredAccounts declared("# comment\nu web - \"Web\"\ng staff -\nm web staff\n");
  EXPECT_TRUE(declared.HasUser("web"));
  EXPECT_TRUE(declared.HasGroup("web"));
  EXPECT_TRUE(declared.HasGroup("staff"));
  EXPECT_FALSE(declared.HasUser("staff"));
}

TEST_F(TreeHandlerTest, ATreeIsStagedEarlyOnlyWhereItMakesNoAccounts) {
  Must(probe_.real_files->WriteAtomically(probe_.Path("/etc/passwd"),
                                          AsBytes("web:x:812:813::/:/\n"), 0644));
  Must(probe_.real_files->WriteAtomically(probe_.Path("/etc/group"),
                                          AsBytes("web:x:813:\nstaff:x:50:\n"), 0644));
  auto may_with = [&](const char* users) {
    auto spec = Must(format::TreeSpec::FromJson(record_.spec, record_.component));
    spec.users = users;
    record_.spec = spec.ToJson();
    return Must(handler().MayStageEarly({{}, record_}));
  };
  EXPECT_TRUE(may_with(""));
  EXPECT_TRUE(may_with("# those that are here\n\nu web - \"Web\"\ng staff -\n"));
  EXPECT_FALSE(may_with("u other - \"Other\"\n"));
  EXPECT_FALSE(may_with("g web -\ng other -\n"));
  EXPECT_FALSE(may_with("m web staff\n"));
}

}  // namespace
}  // namespace ignite::handlers
