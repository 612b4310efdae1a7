#include "tests/fakes/memory_file_system.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite {
namespace {

using fakes::CallWatch;
using fakes::FailsWith;
using fakes::Fate;
using fakes::MemoryDisk;
using fakes::MemoryFileSystem;
using fakes::Must;
using fakes::ProcessDied;
using fakes::Random;
using testing::ElementsAre;
using testing::IsEmpty;
using Cut = MemoryDisk::Cut;
using Sync = MemoryFileSystem::Sync;

/// Ends or fails call number `at`, counted from 1.
class OneCall : public CallWatch {
 public:
  Fate Next(std::string_view call) override {
    calls.emplace_back(call);
    return calls.size() == at ? fate : Fate{};
  }

  size_t at = 0;
  Fate fate;
  std::vector<std::string> calls;
};

class MemoryFileSystemTest : public testing::Test {
 protected:
  void Write(const std::string& path, std::string_view text) {
    Must(files_.WriteAtomically(path, AsBytes(text), 0644));
  }
  std::string Read(const std::string& path) { return Must(files_.ReadFile(path, 1000)); }
  bool Exists(const std::string& path) { return Must(files_.Inspect(path)).has_value(); }
  void CutPower(Cut how) {
    Random random(seed_++);
    disk_.CutPower(how, random);
  }
  void FailNext(size_t call, Fate fate) {
    watch_.calls.clear();
    watch_.at = call;
    watch_.fate = fate;
  }
  /// A file whose writes were not synced, in a folder that was.
  void WriteUnsynced(const std::string& path, std::string_view first, std::string_view second) {
    auto file = Must(files_.CreateFile(path, 0644));
    Must(file->Write(AsBytes(first)));
    Must(file->Write(AsBytes(second)));
    Write(ParentOf(path) + "/synced", "x");
  }

  MemoryDisk disk_;
  OneCall watch_;
  MemoryFileSystem files_{disk_, watch_};
  uint64_t seed_ = 1;
};

TEST_F(MemoryFileSystemTest, WhatIsDurableByContractSurvivesEveryCut) {
  Must(files_.MakeDirectories("/a/b", 0755));
  Write("/a/b/file", "text");
  Must(files_.ReplaceSymlink("/a/link", "one"));
  Must(files_.ReplaceSymlink("/a/link", "two"));
  Write("/a/gone", "x");
  Must(files_.RemoveFile("/a/gone"));
  CutPower(Cut::kKeepsNothing);
  EXPECT_EQ(Read("/a/b/file"), "text");
  EXPECT_EQ(Must(files_.ReadLink("/a/link")), "two");
  EXPECT_THAT(Must(files_.List("/a")), ElementsAre("b", "link"));
}

TEST_F(MemoryFileSystemTest, ContentThatWasNotSyncedIsLostKeptOrTorn) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    Must(files_.RemoveFile("/file"));
    WriteUnsynced("/file", "0123", "4567");
    CutPower(Cut::kKeepsSome);
    seen.insert(Read("/file"));
  }
  EXPECT_TRUE(seen.contains("")) << "an empty file";
  EXPECT_TRUE(seen.contains("0123")) << "a short one";
  EXPECT_TRUE(seen.contains("01234567")) << "a whole one";
  EXPECT_TRUE(seen.contains("0123456")) << "a torn one";
  EXPECT_TRUE(seen.contains(std::string(4, '\0') + "4567")) << "one with a hole";
}

TEST_F(MemoryFileSystemTest, ACutMayKeepEverythingOrNothing) {
  WriteUnsynced("/file", "one", "two");
  CutPower(Cut::kKeepsAll);
  EXPECT_EQ(Read("/file"), "onetwo");
  Must(files_.RemoveFile("/file"));
  WriteUnsynced("/file", "one", "two");
  CutPower(Cut::kKeepsNothing);
  EXPECT_EQ(Read("/file"), "");
}

TEST_F(MemoryFileSystemTest, ATreeIsDurableOnlyByASyncOfTheFileSystem) {
  for (bool is_synced : {false, true}) {
    auto tree = Must(files_.CreateTree("/tree"));
    Must(tree->MakeDirectory("d"));
    Must(tree->StartFile("d/file"));
    Must(tree->Write(AsBytes("text")));
    Must(tree->FinishFile({0640, 1, 2, {3, 4}, {}}));
    Must(tree->MakeHardLink("same", "d/file"));
    if (is_synced) Must(files_.SyncFileSystem("/tree"));
    CutPower(Cut::kKeepsNothing);
    ASSERT_EQ(Exists("/tree"), is_synced);
  }
  EXPECT_EQ(Read("/tree/d/file"), "text");
  auto file = Must(files_.Inspect("/tree/d/file"));
  EXPECT_EQ(file->mode, 0640u);
  EXPECT_EQ(file->inode, Must(files_.Inspect("/tree/same"))->inode);
}

TEST_F(MemoryFileSystemTest, NamesThatWereNotSyncedAreKeptInTheirOrder) {
  std::set<std::vector<std::string>> seen;
  for (int i = 0; i < 200; ++i) {
    Must(files_.RemoveTree("/d"));
    Must(files_.MakeDirectories("/d", 0755));
    files_.ignored = {Sync::kFolder};
    for (const char* name : {"a", "b"}) Must(files_.ReplaceSymlink(StrCat("/d/", name), "x"));
    Must(files_.RemoveFile("/d/a"));
    files_.ignored.clear();
    CutPower(Cut::kKeepsSome);
    seen.insert(Must(files_.List("/d")));
  }
  EXPECT_THAT(seen,
              ElementsAre(IsEmpty(), ElementsAre("a"), ElementsAre("a", "b"), ElementsAre("b")));
}

TEST_F(MemoryFileSystemTest, ARenameIsWholeOrNotAtAll) {
  Must(files_.ReplaceSymlink("/link", "old"));
  for (int i = 0; i < 50; ++i) {
    files_.ignored = {Sync::kFolder};
    Must(files_.ReplaceSymlink("/link", StrCat("new", i)));
    CutPower(Cut::kKeepsSome);
    std::optional<std::string> target = Must(files_.ReadLink("/link"));
    ASSERT_TRUE(target);
    bool is_new = *target == StrCat("new", i);
    EXPECT_FALSE(is_new && Exists("/.link.ignite-new"));
  }
}

TEST_F(MemoryFileSystemTest, WhatAFailedSyncLostALaterOneDoesNotBringBack) {
  auto file = Must(files_.CreateFile("/file", 0644));
  Must(file->Write(AsBytes("lost")));
  FailNext(1, {Fate::Kind::kFails, EIO, false});
  EXPECT_THAT(file->Finish(), FailsWith(ErrorCode::kIo));
  Must(file->Finish());
  EXPECT_EQ(Read("/file"), "lost");
  Must(files_.SyncFileSystem("/"));
  CutPower(Cut::kKeepsAll);
  EXPECT_EQ(Read("/file"), "");
}

TEST_F(MemoryFileSystemTest, AFailedWriteMayHavePutDownAHalf) {
  auto file = Must(files_.CreateFile("/file", 0644));
  FailNext(1, {Fate::Kind::kFails, ENOSPC, true});
  EXPECT_THAT(file->Write(AsBytes("0123")), FailsWith(ErrorCode::kNoSpace));
  EXPECT_EQ(Read("/file"), "01");
}

TEST_F(MemoryFileSystemTest, AProcessMayDieInTheMiddleOfAnOperation) {
  Write("/file", "old");
  FailNext(6, {Fate::Kind::kDies, 0, false});
  EXPECT_THROW(Write("/file", "new"), ProcessDied);
  EXPECT_EQ(watch_.calls.back(), "rename");
  EXPECT_EQ(Read("/file"), "old");
  EXPECT_EQ(Read("/file.tmp"), "new");
}

TEST_F(MemoryFileSystemTest, AnOverwriteIsDurableAndTornWhereItDidNotReturn) {
  Write("/file", "aaaaaaaaaa");
  Must(files_.Overwrite("/file", 2, AsBytes("bbb")));
  CutPower(Cut::kKeepsNothing);
  EXPECT_EQ(Read("/file"), "aabbbaaaaa");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    Write("/file", "aaaaaaaaaa");
    FailNext(3, {.kind = Fate::Kind::kDies});  // open, write, and no fsync
    EXPECT_THROW((void)files_.Overwrite("/file", 2, AsBytes("bbb")), ProcessDied);
    CutPower(Cut::kKeepsSome);
    FailNext(0, {});
    seen.insert(Read("/file"));
  }
  EXPECT_THAT(
      seen, testing::UnorderedElementsAre("aaaaaaaaaa", "aabaaaaaaa", "aabbaaaaaa", "aabbbaaaaa"));
  EXPECT_THAT(files_.Overwrite("/file", 9, AsBytes("bb")), FailsWith(ErrorCode::kCorrupt));
}

TEST_F(MemoryFileSystemTest, PathsFollowLinksAndRootsAndParents) {
  Must(files_.MakeDirectories("/a/b", 0755));
  Write("/a/b/file", "text");
  Must(files_.ReplaceSymlink("/a/up", "../a/b"));
  Must(files_.ReplaceSymlink("/absolute", "/a/up"));
  Must(files_.ReplaceSymlink("/loop", "loop"));
  EXPECT_EQ(Read("/absolute/file"), "text");
  EXPECT_EQ(Must(files_.RealPath("/absolute/../b/./file")), "/a/b/file");
  EXPECT_THAT(files_.ReadFile("/loop", 10), FailsWith(ErrorCode::kIo));
  EXPECT_THAT(files_.ReadFile("/none/file", 10), FailsWith(ErrorCode::kNotFound));
  EXPECT_FALSE(Exists("/a/b/file/below"));
}

TEST_F(MemoryFileSystemTest, WhatAnInterruptedCallHasDoneTheNextOneMakesDurable) {
  Write("/gone", "x");
  files_.ignored = {Sync::kFolder};
  Must(files_.MakeDirectories("/a", 0755));
  Must(files_.RemoveFile("/gone"));
  files_.ignored.clear();
  Must(files_.MakeDirectories("/a", 0755));
  Must(files_.RemoveFile("/gone"));
  CutPower(Cut::kKeepsNothing);
  EXPECT_THAT(Must(files_.List("/")), ElementsAre("a"));
}

TEST_F(MemoryFileSystemTest, AFolderThatHoldsSomethingIsNotRemovedByItsName) {
  Must(files_.MakeDirectories("/a/b", 0755));
  EXPECT_EQ(disk_.RemoveFolder("/a"), ENOTEMPTY);
  EXPECT_EQ(disk_.Unlink("/a"), EISDIR);
  Must(files_.RemoveTree("/a"));
  EXPECT_FALSE(Exists("/a"));
}

}  // namespace
}  // namespace ignite
