#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sync_log.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr size_t kLimit = 1000;

class PosixFileSystemTest : public testing::Test {
 protected:
  void Write(const std::string& name, std::string_view text) {
    Must(files_->WriteAtomically(folder_ / name, AsBytes(text), 0644));
  }
  std::string Read(const std::string& name) {
    return Must(files_->ReadFile(folder_ / name, kLimit));
  }
  bool Exists(const std::string& name) { return Must(files_->Inspect(folder_ / name)).has_value(); }
  std::vector<std::string> Names() { return Must(files_->List(folder_.path())); }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
};

TEST_F(PosixFileSystemTest, AnAtomicWriteReplacesTheFileAndLeavesNothingElse) {
  Write("a", "old");
  Must(files_->WriteAtomically(folder_ / "a", AsBytes("new"), 0600));
  EXPECT_EQ(Read("a"), "new");
  EXPECT_EQ(Must(files_->Inspect(folder_ / "a"))->mode, 0600u);
  EXPECT_THAT(Names(), ElementsAre("a"));
}

TEST_F(PosixFileSystemTest, AnAtomicWriteIgnoresTheUmaskAndALeftTemporary) {
  mode_t before = umask(077);
  Write("a.tmp", "left by a crash");
  Write("a", "new");
  umask(before);
  EXPECT_EQ(Must(files_->Inspect(folder_ / "a"))->mode, 0644u);
  EXPECT_THAT(Names(), ElementsAre("a"));
}

TEST_F(PosixFileSystemTest, AnAtomicWriteReplacesALinkAndNotItsTarget) {
  Write("target", "kept");
  Must(files_->ReplaceSymlink(folder_ / "link", "target"));
  Write("link", "new");
  EXPECT_EQ(Read("target"), "kept");
  EXPECT_EQ(Must(files_->Inspect(folder_ / "link"))->type, FileInfo::Type::kFile);
}

TEST_F(PosixFileSystemTest, AFailedAtomicWriteLeavesTheOldFileAndNoTemporary) {
  EXPECT_THAT(files_->WriteAtomically(folder_ / "none/a", AsBytes("x"), 0644),
              FailsWith(ErrorCode::kNotFound));
  Must(files_->MakeDirectories(folder_ / "a", 0755));
  EXPECT_THAT(files_->WriteAtomically(folder_ / "a", AsBytes("x"), 0644),
              FailsWith(ErrorCode::kIo));
  EXPECT_THAT(Names(), ElementsAre("a"));
}

TEST_F(PosixFileSystemTest, ReadFileReadsFilesOfEverySizeAndOfNone) {
  for (size_t size : {0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100'000}) {
    Must(files_->WriteAtomically(folder_ / "a", AsBytes(std::string(size, 'x')), 0600));
    EXPECT_EQ(Must(files_->ReadFile(folder_ / "a", 1'000'000)).size(), size);
  }
  // Its size is told to be 0, and it is larger than the first read.
  std::string symbols = Must(files_->ReadFile("/proc/kallsyms", 1'000'000'000));
  EXPECT_GT(symbols.size(), 100'000u);
}

TEST_F(PosixFileSystemTest, ReadFileRefusesOneThatIsTooLarge) {
  Write("a", std::string(kLimit, 'x'));
  EXPECT_EQ(Read("a").size(), kLimit);
  EXPECT_THAT(files_->ReadFile(folder_ / "a", kLimit - 1), FailsWith(ErrorCode::kCorrupt));
  EXPECT_THAT(files_->ReadFile(folder_ / "none", kLimit), FailsWith(ErrorCode::kNotFound));
}

TEST_F(PosixFileSystemTest, ReadFileRefusesWhatIsNoRegularFileAndDoesNotWaitForIt) {
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  for (const std::string& path : {folder_.path(), folder_ / "fifo", std::string("/dev/null")}) {
    EXPECT_THAT(files_->ReadFile(path, kLimit),
                FailsWith(ErrorCode::kInvalidArgument, "no regular file"));
  }
}

TEST_F(PosixFileSystemTest, OverwriteChangesTheBytesOfTheSameFileAndNoOthers) {
  Must(files_->WriteAtomically(folder_ / "file", AsBytes("0123456789"), 0640));
  auto before = Must(files_->Inspect(folder_ / "file"));
  Must(files_->Overwrite(folder_ / "file", 4, AsBytes("xyz")));
  Must(files_->Overwrite(folder_ / "file", 9, AsBytes("!")));
  EXPECT_EQ(Must(files_->ReadFile(folder_ / "file", 100)), "0123xyz78!");
  auto after = Must(files_->Inspect(folder_ / "file"));
  EXPECT_EQ(after->inode, before->inode);
  EXPECT_EQ(after->mode, before->mode);
}

TEST_F(PosixFileSystemTest, OverwriteGrowsNothingMakesNothingAndFollowsNoLink) {
  Must(files_->WriteAtomically(folder_ / "file", AsBytes("0123456789"), 0640));
  Must(files_->ReplaceSymlink(folder_ / "link", "file"));
  EXPECT_THAT(files_->Overwrite(folder_ / "file", 8, AsBytes("xyz")),
              FailsWith(ErrorCode::kCorrupt, "ends before byte 11"));
  EXPECT_THAT(files_->Overwrite(folder_ / "file", UINT64_MAX, AsBytes("x")),
              FailsWith(ErrorCode::kCorrupt));
  EXPECT_THAT(files_->Overwrite(folder_ / "none", 0, AsBytes("x")),
              FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(files_->Overwrite(folder_ / "link", 0, AsBytes("x")), FailsWith(ErrorCode::kIo));
  EXPECT_THAT(files_->Overwrite(folder_.path(), 0, AsBytes("x")), FailsWith(ErrorCode::kIo));
  EXPECT_EQ(Must(files_->ReadFile(folder_ / "file", 100)), "0123456789");
}

TEST_F(PosixFileSystemTest, CreateFileReplacesALinkAndNotItsTarget) {
  Write("target", "kept");
  Must(files_->ReplaceSymlink(folder_ / "link", "target"));
  auto file = Must(files_->CreateFile(folder_ / "link", 0640));
  Must(file->Write(AsBytes("one")));
  Must(file->Write(AsBytes("two")));
  Must(file->Finish());
  EXPECT_EQ(Read("link"), "onetwo");
  EXPECT_EQ(Read("target"), "kept");
}

TEST_F(PosixFileSystemTest, AnInputFileReadsOnAndSeeks) {
  Write("a", "0123456789");
  auto file = Must(files_->OpenFile(folder_ / "a"));
  Bytes buffer(6);
  EXPECT_EQ(Must(file->Read(buffer)), 6u);
  EXPECT_EQ(Must(file->Read(buffer)), 4u);
  EXPECT_EQ(AsText(ByteView(buffer).first(4)), "6789");
  EXPECT_EQ(Must(file->Read(buffer)), 0u);
  Must(file->Seek(8));
  EXPECT_EQ(Must(file->Read(buffer)), 2u);
}

TEST_F(PosixFileSystemTest, OpenFileFollowsNoFinalLinkAndWaitsForNoFifo) {
  Write("a", "x");
  Must(files_->ReplaceSymlink(folder_ / "link", "a"));
  EXPECT_THAT(files_->OpenFile(folder_ / "link"), FailsWith(ErrorCode::kIo));
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(files_->OpenFile(folder_ / "fifo"), Succeeds());
}

TEST_F(PosixFileSystemTest, InspectDoesNotFollowALink) {
  Write("a", "12345");
  Must(files_->ReplaceSymlink(folder_ / "link", "a"));
  FileInfo info = Must(files_->Inspect(folder_ / "a")).value();
  EXPECT_EQ(info.type, FileInfo::Type::kFile);
  EXPECT_EQ(info.size, 5u);
  EXPECT_EQ(Must(files_->Inspect(folder_ / "link"))->type, FileInfo::Type::kSymlink);
  EXPECT_EQ(Must(files_->Inspect(folder_.path()))->type, FileInfo::Type::kDirectory);
  EXPECT_EQ(Must(files_->Inspect("/dev/null"))->type, FileInfo::Type::kOther);
  EXPECT_FALSE(Exists("none"));
  EXPECT_FALSE(Exists("a/below-a-file"));
}

TEST_F(PosixFileSystemTest, ReplaceSymlinkPointsElsewhereInOneStep) {
  std::string link = folder_ / "link";
  EXPECT_FALSE(Must(files_->ReadLink(link)).has_value());
  Must(files_->ReplaceSymlink(link, "one"));
  Must(files_->ReplaceSymlink(link, "two"));
  EXPECT_EQ(Must(files_->ReadLink(link)), "two");
  EXPECT_THAT(Names(), ElementsAre("link"));
}

TEST_F(PosixFileSystemTest, ReplaceSymlinkRemovesWhatAnInterruptedOneLeft) {
  const std::string link = folder_ / "link";
  const std::string left = folder_ / ".link.ignite-new";
  for (const char* target : {"one", "one", "two"}) {
    ASSERT_EQ(symlink("elsewhere", left.c_str()), 0);
    Must(files_->ReplaceSymlink(link, target));
    EXPECT_EQ(Must(files_->ReadLink(link)), target);
    EXPECT_EQ(Must(files_->Inspect(left)), std::nullopt);
  }
}

TEST_F(PosixFileSystemTest, ReplaceSymlinkRefusesAFileOrFolderInItsPlace) {
  Write("file", "kept");
  Must(files_->MakeDirectories(folder_ / "folder", 0755));
  EXPECT_THAT(files_->ReplaceSymlink(folder_ / "file", "x"),
              FailsWith(ErrorCode::kIo, "in the way"));
  EXPECT_THAT(files_->ReplaceSymlink(folder_ / "folder", "x"),
              FailsWith(ErrorCode::kIo, "in the way"));
  EXPECT_EQ(Read("file"), "kept");
  EXPECT_THAT(Names(), ElementsAre("file", "folder"));
}

TEST_F(PosixFileSystemTest, ReadLinkOfAFileIsAnError) {
  Write("file", "x");
  EXPECT_THAT(files_->ReadLink(folder_ / "file"), FailsWith(ErrorCode::kIo));
}

TEST_F(PosixFileSystemTest, MakeDirectoriesMakesTheParentsAndTakesWhatIsThere) {
  Must(files_->MakeDirectories(folder_ / "a/b/c", 0750));
  Must(files_->MakeDirectories(folder_ / "a/b/c", 0700));
  EXPECT_EQ(Must(files_->Inspect(folder_ / "a"))->mode, 0750u);
  EXPECT_EQ(Must(files_->Inspect(folder_ / "a/b/c"))->mode, 0750u)
      << "one that exists keeps its mode";
  Write("file", "x");
  EXPECT_THAT(files_->MakeDirectories(folder_ / "file", 0755),
              FailsWith(ErrorCode::kIo, "in the way"));
  EXPECT_FALSE(files_->MakeDirectories(folder_ / "file/below", 0755));
}

TEST_F(PosixFileSystemTest, RemovingWhatIsNotThereIsDone) {
  EXPECT_THAT(files_->RemoveFile(folder_ / "none"), Succeeds());
  EXPECT_THAT(files_->RemoveFile(folder_ / "none/none"), Succeeds());
  EXPECT_THAT(files_->RemoveTree(folder_ / "none"), Succeeds());
  EXPECT_THAT(files_->RemoveTree(folder_ / "none/none"), Succeeds());
  Write("file", "x");
  EXPECT_THAT(files_->RemoveTree(folder_ / "file/below"), Succeeds());
}

TEST_F(PosixFileSystemTest, WhatAnInterruptedCallHasDoneTheNextOneMakesDurable) {
  Must(files_->MakeDirectories(folder_ / "a", 0755));
  fakes::SyncLog log;
  Must(files_->MakeDirectories(folder_ / "a", 0755));
  EXPECT_THAT(log.paths(), ElementsAre(folder_.path())) << "a folder that is there";
  log.Clear();
  Must(files_->MakeDirectories(folder_ / "a/b", 0755));
  EXPECT_THAT(log.paths(), ElementsAre(folder_.path(), folder_ / "a")) << "and above a new one";
  log.Clear();
  Must(files_->RemoveFile(folder_ / "a/gone"));
  EXPECT_THAT(log.paths(), ElementsAre(folder_ / "a")) << "a file that is gone";
}

TEST_F(PosixFileSystemTest, RemoveTreeFollowsNoLink) {
  Must(files_->MakeDirectories(folder_ / "outside", 0755));
  Write("outside/kept", "x");
  Must(files_->MakeDirectories(folder_ / "tree/a/b", 0755));
  Write("tree/a/b/file", "x");
  Must(files_->ReplaceSymlink(folder_ / "tree/a/link", folder_ / "outside"));
  Must(files_->RemoveTree(folder_ / "tree"));
  EXPECT_FALSE(Exists("tree"));
  EXPECT_EQ(Read("outside/kept"), "x");

  Must(files_->ReplaceSymlink(folder_ / "link", "outside"));
  Must(files_->RemoveTree(folder_ / "link"));
  EXPECT_FALSE(Exists("link"));
  EXPECT_EQ(Read("outside/kept"), "x");
}

TEST_F(PosixFileSystemTest, EmptyTreeKeepsTheFolderAndFollowsNoLink) {
  Must(files_->MakeDirectories(folder_ / "outside", 0755));
  Write("outside/kept", "x");
  Must(files_->MakeDirectories(folder_ / "tree/a/b", 0755));
  Write("tree/a/b/file", "x");
  Write("tree/file", "x");
  Must(files_->ReplaceSymlink(folder_ / "tree/link", folder_ / "outside"));
  auto before = Must(files_->Inspect(folder_ / "tree"));
  auto tree = Must(files_->EmptyTree(folder_ / "tree"));
  EXPECT_THAT(Must(files_->List(folder_ / "tree")), IsEmpty());
  EXPECT_EQ(Must(files_->Inspect(folder_ / "tree"))->inode, before->inode);
  EXPECT_EQ(Read("outside/kept"), "x");
  Must(tree->MakeDirectory("new"));
  EXPECT_TRUE(Exists("tree/new"));
  EXPECT_FALSE(files_->EmptyTree(folder_ / "none"));
  Must(files_->ReplaceSymlink(folder_ / "link", "outside"));
  EXPECT_FALSE(files_->EmptyTree(folder_ / "link"));
  EXPECT_EQ(Read("outside/kept"), "x");
}

TEST_F(PosixFileSystemTest, WhatIsMountedWithinATreeStays) {
  Must(files_->MakeDirectories(folder_ / "outside", 0755));
  Write("outside/kept", "x");
  Must(files_->MakeDirectories(folder_ / "tree/mount", 0755));
  std::string outside = folder_ / "outside";
  std::string inside = folder_ / "tree/mount";
  // Of the same file system, so that its device tells nothing.
  if (mount(outside.c_str(), inside.c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "mounting needs root";
  EXPECT_TRUE(Must(files_->Inspect(inside))->is_mount);
  EXPECT_FALSE(Must(files_->Inspect(outside))->is_mount);
  EXPECT_FALSE(files_->EmptyTree(folder_ / "tree"));
  EXPECT_FALSE(files_->RemoveTree(folder_ / "tree"));
  ASSERT_EQ(umount2(inside.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(Read("outside/kept"), "x");
}

TEST_F(PosixFileSystemTest, TellsWhatAFileTakesAndHowManyNamesItHas) {
  Write("file", std::string(10000, 'x'));
  ASSERT_EQ(link((folder_ / "file").c_str(), (folder_ / "more").c_str()), 0);
  auto info = Must(files_->Inspect(folder_ / "file"));
  EXPECT_EQ(info->links, 2u);
  EXPECT_GE(info->disk_bytes, 10000u);
  EXPECT_EQ(info->device, Must(files_->SpaceAt(folder_.path())).device);
}

TEST_F(PosixFileSystemTest, RemoveTreeTakesATreeDeeperThanTheLimitOfOpenFiles) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  UniqueFd below(open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int level = 0; level < 300; ++level) {
    ASSERT_EQ(mkdirat(below.get(), "d", 0755), 0);
    below.Reset(openat(below.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  rlimit small{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &small), 0);
  EXPECT_THAT(files_->RemoveTree(folder_ / "d"), Succeeds());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(Exists("d"));
}

TEST_F(PosixFileSystemTest, ReadsWhatLiesBehindPathsLongerThanTheKernelTakes) {
  std::string path = folder_.path();
  UniqueFd below(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string name(200, 'd');
  while (path.size() < 3 * PATH_MAX) {
    ASSERT_EQ(mkdirat(below.get(), name.c_str(), 0755), 0);
    below.Reset(openat(below.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    path += "/" + name;
  }
  UniqueFd file(openat(below.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
  ASSERT_EQ(write(file.get(), "text", 4), 4);
  ASSERT_EQ(symlinkat("file", below.get(), "link"), 0);

  EXPECT_THAT(Must(files_->List(path)), ElementsAre("file", "link"));
  EXPECT_EQ(Must(files_->Inspect(path + "/file"))->size, 4u);
  EXPECT_EQ(Must(files_->ReadLink(path + "/link")), "file");
  EXPECT_TRUE(Must(files_->ReadCapabilities(path + "/file")).empty());
  Bytes text(10);
  EXPECT_EQ(Must(Must(files_->OpenFile(path + "/file"))->Read(text)), 4u);
  std::string absent = folder_ / "absent" + path;
  EXPECT_EQ(Must(files_->Inspect(absent)), std::nullopt);
  EXPECT_EQ(Must(files_->ReadLink(absent)), std::nullopt);
  EXPECT_THAT(Must(files_->List(absent)), IsEmpty());
  EXPECT_THAT(files_->OpenFile(absent), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(files_->RemoveTree(folder_ / name), Succeeds());
}

TEST_F(PosixFileSystemTest, ListGivesSortedNames) {
  EXPECT_THAT(Names(), IsEmpty());
  for (const char* name : {"b", ".hidden", "a"}) Write(name, "x");
  EXPECT_THAT(Names(), ElementsAre(".hidden", "a", "b"));
  EXPECT_THAT(Must(files_->List(folder_ / "none")), IsEmpty());
  EXPECT_FALSE(files_->List(folder_ / "a")) << "a file has no list";
}

TEST_F(PosixFileSystemTest, SpaceAtLooksAtTheNearestParentThatExists) {
  Space here = Must(files_->SpaceAt(folder_.path()));
  EXPECT_GT(here.free_bytes, 0u);
  EXPECT_GT(here.free_inodes, 0u);
  EXPECT_EQ(Must(files_->SpaceAt(folder_ / "not/yet/there")).device, here.device);
  EXPECT_THAT(files_->SyncFileSystem(folder_.path()), Succeeds());
  EXPECT_THAT(files_->SyncFileSystem(folder_ / "none"), FailsWith(ErrorCode::kNotFound));
}

TEST_F(PosixFileSystemTest, AReserveTakesRoomAndGivesItBack) {
  constexpr uint64_t kSize = 4 << 20;
  auto taken = [&] {
    struct stat status {};
    EXPECT_EQ(stat((folder_ / "reserve").c_str(), &status), 0);
    return static_cast<uint64_t>(status.st_blocks) * 512;
  };
  Must(files_->Reserve(folder_ / "reserve", kSize));
  EXPECT_GE(taken(), kSize);
  Must(files_->Reserve(folder_ / "reserve", kSize / 4));
  EXPECT_GE(taken(), kSize / 4);
  EXPECT_LT(taken(), kSize / 2);
  Must(files_->Reserve(folder_ / "reserve", 0));
  EXPECT_EQ(taken(), 0u);
}

TEST_F(PosixFileSystemTest, AReserveThatDoesNotFitLeavesNoFile) {
  auto reserved = files_->Reserve(folder_ / "reserve", uint64_t{1} << 52);
  EXPECT_FALSE(reserved);
  EXPECT_FALSE(Must(files_->Inspect(folder_ / "reserve")));
}

TEST_F(PosixFileSystemTest, RenameReplacesAFile) {
  Write("a", "new");
  Write("b", "old");
  Must(files_->Rename(folder_ / "a", folder_ / "b"));
  EXPECT_EQ(Read("b"), "new");
  EXPECT_THAT(files_->Rename(folder_ / "a", folder_ / "b"), FailsWith(ErrorCode::kNotFound));
}

TEST(ParentOfTest, NamesTheFolder) {
  EXPECT_EQ(ParentOf("/a/b"), "/a");
  EXPECT_EQ(ParentOf("/a"), "/");
  EXPECT_EQ(ParentOf("a"), ".");
}

}  // namespace
}  // namespace ignite
