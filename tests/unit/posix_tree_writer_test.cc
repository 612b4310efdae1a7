#include "base/posix_tree_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

/// VFS_CAP_REVISION_2, permitted and effective: cap_net_raw.
const Bytes kNetRaw = FromHex("0100000200200000000000000000000000000000").value();

class PosixTreeWriterTest : public testing::Test {
 protected:
  static FileAttributes Attributes(uint32_t mode) {
    return {mode, getuid(), getgid(), {1'600'000'000, 5}, {}};
  }

  void WriteFile(std::string_view path, std::string_view text) {
    Must(tree_->StartFile(path));
    Must(tree_->Write(AsBytes(text)));
    Must(tree_->FinishFile(Attributes(0644)));
  }
  std::string Read(const std::string& path) {
    return Must(files_->ReadFile(root_ + "/" + path, 1000));
  }
  FileInfo Inspect(const std::string& path) {
    return Must(files_->Inspect(root_ + "/" + path)).value();
  }

  fakes::TemporaryDirectory folder_;
  std::string root_ = folder_ / "tree";
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  std::unique_ptr<TreeWriter> tree_ = Must(files_->CreateTree(root_));
};

TEST_F(PosixTreeWriterTest, ANewTreeIsClosedToOthersUntilItsAttributesAreSet) {
  EXPECT_EQ(Must(files_->Inspect(root_))->mode, 0700u);
  Must(tree_->SetDirectoryAttributes("", Attributes(0755)));
  EXPECT_EQ(Must(files_->Inspect(root_))->mode, 0755u);
  EXPECT_THAT(files_->CreateTree(root_), FailsWith(ErrorCode::kIo)) << "it must be new";
}

TEST_F(PosixTreeWriterTest, WritesFilesFoldersAndLinksWithTheirAttributes) {
  Must(tree_->MakeDirectory("a"));
  Must(tree_->MakeDirectory("a/b"));
  WriteFile("a/b/file", "content");
  Must(tree_->MakeSymlink("a/link", "../outside", Attributes(0777)));
  Must(tree_->SetDirectoryAttributes("a/b", Attributes(02750)));

  EXPECT_EQ(Read("a/b/file"), "content");
  FileInfo file = Inspect("a/b/file");
  EXPECT_EQ(file.mode, 0644u);
  EXPECT_EQ(file.mtime, (FileTime{1'600'000'000, 5}));
  EXPECT_EQ(Inspect("a/b").mode, 02750u);
  EXPECT_EQ(Inspect("a/b").mtime, (FileTime{1'600'000'000, 5}));
  EXPECT_EQ(Inspect("a/link").mtime, (FileTime{1'600'000'000, 5}));
  EXPECT_EQ(Must(files_->ReadLink(root_ + "/a/link")), "../outside");
}

TEST_F(PosixTreeWriterTest, AHardLinkIsTheSameFileAndACopyIsNot) {
  WriteFile("file", "content");
  Must(tree_->MakeHardLink("link", "file"));
  Must(tree_->CopyFile("copy", "file", Attributes(0600)));
  EXPECT_EQ(Inspect("link").inode, Inspect("file").inode);
  EXPECT_NE(Inspect("copy").inode, Inspect("file").inode);
  EXPECT_EQ(Inspect("copy").mode, 0600u);
  EXPECT_EQ(Read("copy"), "content");
}

TEST_F(PosixTreeWriterTest, ZeroBytesBecomeHolesWhereverTheyStand) {
  constexpr size_t kPiece = 1'000'000;  // The pieces end within blocks.
  for (size_t data_at : {0u, 4095u, 2'500'000u, 4'999'999u}) {
    std::string text(5'000'000, '\0');
    text[data_at] = 'x';
    std::string name = std::to_string(data_at);
    Must(tree_->StartFile(name));
    for (size_t place = 0; place < text.size(); place += kPiece)
      Must(tree_->Write(AsBytes(text).subspan(place, kPiece)));
    Must(tree_->FinishFile(Attributes(0644)));
    Must(tree_->CopyFile(name + "copy", name, Attributes(0644)));
    for (const std::string& path : {name, name + "copy"}) {
      EXPECT_TRUE(Must(files_->ReadFile(root_ + "/" + path, text.size())) == text) << path;
      struct stat status {};
      ASSERT_EQ(stat((root_ + "/" + path).c_str(), &status), 0);
      EXPECT_LE(status.st_blocks * 512, 4096) << path;
    }
  }
}

TEST_F(PosixTreeWriterTest, AFileOfZeroBytesAloneHasItsSize) {
  for (size_t size : {1u, 4096u, 4097u, 300'000u}) {
    std::string name = std::to_string(size);
    WriteFile(name, std::string(size, '\0'));
    EXPECT_EQ(Inspect(name).size, size);
    EXPECT_EQ(Must(files_->ReadFile(root_ + "/" + name, size)), std::string(size, '\0'));
  }
}

TEST_F(PosixTreeWriterTest, RefusesALinkInTheMiddleOfAPath) {
  Must(files_->MakeDirectories(folder_ / "outside", 0755));
  Must(files_->WriteAtomically(folder_ / "outside/file", AsBytes("secret"), 0644));
  Must(tree_->MakeSymlink("link", "../outside", Attributes(0777)));
  WriteFile("file", "x");

  EXPECT_FALSE(tree_->MakeDirectory("link/a"));
  EXPECT_FALSE(tree_->StartFile("link/a"));
  EXPECT_FALSE(tree_->MakeSymlink("link/a", "x", Attributes(0777)));
  EXPECT_FALSE(tree_->MakeHardLink("link/a", "file"));
  EXPECT_FALSE(tree_->MakeHardLink("a", "link/file"));
  EXPECT_FALSE(tree_->CopyFile("a", "link/file", Attributes(0644)));
  EXPECT_FALSE(tree_->SetDirectoryAttributes("link", Attributes(0777)));
  EXPECT_THAT(Must(files_->List(folder_ / "outside")), testing::ElementsAre("file"));
}

TEST_F(PosixTreeWriterTest, RefusesALinkThatStaysInTheTreeAsWell) {
  Must(tree_->MakeDirectory("a"));
  Must(tree_->MakeSymlink("link", "a", Attributes(0777)));
  EXPECT_FALSE(tree_->StartFile("link/file"));
}

TEST_F(PosixTreeWriterTest, RefusesPathsThatLeaveTheTree) {
  EXPECT_FALSE(tree_->StartFile("../a/b"));
  EXPECT_FALSE(tree_->MakeDirectory("/tmp/a/b"));
  EXPECT_FALSE(tree_->SetDirectoryAttributes("..", Attributes(0755)));
  EXPECT_FALSE(tree_->SetDirectoryAttributes("/", Attributes(0755)));
}

TEST_F(PosixTreeWriterTest, RefusesAPathThatIsTaken) {
  WriteFile("file", "x");
  EXPECT_FALSE(tree_->StartFile("file"));
  EXPECT_FALSE(tree_->MakeDirectory("file"));
  EXPECT_FALSE(tree_->MakeSymlink("file", "x", Attributes(0777)));
  EXPECT_FALSE(tree_->MakeHardLink("file", "file"));
  EXPECT_FALSE(tree_->CopyFile("file", "file", Attributes(0644)));
  Must(tree_->MakeSymlink("dangling", "../new", Attributes(0777)));
  EXPECT_FALSE(tree_->StartFile("dangling")) << "the link's target is not created";
  EXPECT_EQ(Read("file"), "x");
}

TEST_F(PosixTreeWriterTest, AHardLinkToALinkIsTheLinkItself) {
  WriteFile("file", "x");
  Must(tree_->MakeSymlink("link", "file", Attributes(0777)));
  Must(tree_->MakeHardLink("second", "link"));
  EXPECT_EQ(Inspect("second").type, FileInfo::Type::kSymlink);
}

TEST_F(PosixTreeWriterTest, KeepsTheSetuidBitAndCapabilitiesWhenTheOwnerChanges) {
  if (getuid() != 0) GTEST_SKIP() << "only root may";
  Must(tree_->StartFile("file"));
  Must(tree_->Write(AsBytes("x")));
  FileAttributes attributes = Attributes(04755);
  attributes.uid = attributes.gid = 1234;
  attributes.capabilities = kNetRaw;
  Must(tree_->FinishFile(attributes));
  EXPECT_EQ(Inspect("file").mode, 04755u);
  EXPECT_EQ(Inspect("file").uid, 1234u);
  EXPECT_EQ(Inspect("file").gid, 1234u);
  EXPECT_EQ(Must(files_->ReadCapabilities(root_ + "/file")), kNetRaw);
  EXPECT_TRUE(Must(files_->ReadCapabilities(root_)).empty());
}

}  // namespace
}  // namespace ignite
