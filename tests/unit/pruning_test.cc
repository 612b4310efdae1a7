#include "agent/outbox/pruning.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str_cat.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::outbox {
namespace {

using fakes::Must;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class PruningTest : public testing::Test {
 protected:
  /// `age`: in seconds before any other.
  void Put(const std::string& name, int64_t age, size_t size = 10) {
    std::string path = folder_ / name;
    Must(files_->WriteAtomically(path, AsBytes(std::string(size, 'x')), 0644));
    timespec time{1'700'000'000 - age, 0};
    std::array<timespec, 2> times = {time, time};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
  }
  void Prune(OutboxBounds bounds, const std::set<std::string>& kept = {}) {
    Must(PruneOutbox(*files_, folder_.path(), kept, bounds));
  }
  std::vector<std::string> Names() { return Must(files_->List(folder_.path())); }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
};

TEST_F(PruningTest, TheOldestUploadGoesWithAllItsFiles) {
  Put("old.ignite.status.txt", 30);
  Put("old.ignite.status.json", 30);
  Put("old.ignite.plan.txt", 40);
  Put("old.ignite.report.tar.zst", 20);
  Put("old.ignite.report.tar.zst.sealed", 20);
  Put("old.ignite.status.txt.tmp", 20);
  Put("new.ignite.plan.txt", 50);
  Put("new.ignite.status.txt", 10);
  Prune({2, 1000});
  EXPECT_EQ(Names().size(), 8u);
  Prune({1, 1000});
  EXPECT_THAT(Names(), ElementsAre("new.ignite.plan.txt", "new.ignite.status.txt"));
}

TEST_F(PruningTest, JunkPushesNoMoreThanHalfOfTheVerdictsOut) {
  for (int i = 0; i < 4; ++i) {
    Put(StrCat("good", i, ".ignite.status.txt"), 100 - i);
    Put(StrCat("good", i, ".ignite.plan.txt"), 100 - i);
  }
  for (int i = 0; i < 9; ++i) Put(StrCat("junk", i, ".ignite.status.txt"), 50 - i);
  Prune({4, 1000});
  EXPECT_THAT(Names(), ElementsAre("good2.ignite.plan.txt", "good2.ignite.status.txt",
                                   "good3.ignite.plan.txt", "good3.ignite.status.txt",
                                   "junk7.ignite.status.txt", "junk8.ignite.status.txt"));
}

TEST_F(PruningTest, SoDoThoseBeyondTheBytes) {
  Put("a.ignite.status.txt", 30, 400);
  Put("b.ignite.status.txt", 20, 400);
  Put("c.ignite.status.txt", 10, 400);
  Prune({50, 800});
  EXPECT_THAT(Names(), ElementsAre("b.ignite.status.txt", "c.ignite.status.txt"));
}

TEST_F(PruningTest, AnUploadInTheInboxStays) {
  Put("waits.ignite.status.txt", 30);
  Put("b.ignite.status.txt", 20);
  Put("c.ignite.status.txt", 10);
  Prune({1, 1000}, {"waits.ignite"});
  EXPECT_THAT(Names(), ElementsAre("c.ignite.status.txt", "waits.ignite.status.txt"));
}

TEST_F(PruningTest, WhatIsNotOursStays) {
  std::string victim = folder_ / "victim";
  Put("victim", 0);
  for (const char* name : {"PROBE.txt", "PROBE.json", "history.jsonl", "probe.pub", "readme.txt",
                           "status.txt", ".status.txt"})
    Put(name, 90);
  ASSERT_EQ(symlink(victim.c_str(), (folder_ / "link.ignite.status.txt").c_str()), 0);
  ASSERT_EQ(mkdir((folder_ / "folder.ignite.status.txt").c_str(), 0755), 0);
  auto before = Names();
  Put("ours.ignite.status.txt", 10);
  Prune({0, 0});
  EXPECT_EQ(Names(), before);
}

TEST_F(PruningTest, ThatOfAnotherOwnerStays) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  Put("theirs.ignite.status.txt", 10);
  ASSERT_EQ(chown((folder_ / "theirs.ignite.status.txt").c_str(), 65534, 65534), 0);
  Prune({0, 0});
  EXPECT_THAT(Names(), ElementsAre("theirs.ignite.status.txt"));
}

}  // namespace
}  // namespace ignite::outbox
