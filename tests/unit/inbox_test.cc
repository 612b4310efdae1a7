#include "agent/inbox/inbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "payload-format/container/layout.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::inbox {
namespace {

using fakes::FailsWith;
using fakes::Must;
using testing::ElementsAre;

class InboxTest : public testing::Test {
 protected:
  void Put(std::string_view name, ByteView bytes) {
    Must(files_->WriteAtomically(folder_ / name, bytes, 0644));
  }
  void PutText(std::string_view name, std::string_view text) { Put(name, AsBytes(text)); }
  /// A first look, and then time passes.
  void Settle() {
    (void)Scan();
    now_ += Inbox::kSettled;
  }
  std::vector<Upload> Scan() { return Must(inbox_.Scan(now_)).uploads; }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const Upload& upload : Scan()) names.push_back(upload.name);
    return names;
  }
  Upload Only() {
    auto uploads = Scan();
    EXPECT_EQ(uploads.size(), 1u);
    return uploads.at(0);
  }

  Clock::Milliseconds now_{1'000'000};
  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  Inbox inbox_{folder_.path()};
  Bytes bundle_ = fakes::Build(fakes::SamplePlan());
};

TEST_F(InboxTest, NamesWithoutTheSuffixAreIgnored) {
  for (std::string_view name :
       {"a.ignite.part", ".ignite", "readme.txt", ".in.a.ignite.", "a.IGNITE"})
    PutText(name, "x");
  EXPECT_TRUE(Names().empty());
}

TEST_F(InboxTest, UploadsComeInTheOrderOfTheirVersions) {
  for (std::string_view name : {"p-1.10.ignite", "p-1.9.ignite", "p-1.2.ignite"})
    Put(name, bundle_);
  EXPECT_THAT(Names(), ElementsAre("p-1.2.ignite", "p-1.9.ignite", "p-1.10.ignite"));
}

TEST_F(InboxTest, EveryPartOfABundleIsGrowingAndTheWholeIsComplete) {
  for (size_t size = 0; size < bundle_.size(); size += 97) {
    Put("a.ignite", ByteView(bundle_).first(size));
    Settle();
    EXPECT_EQ(Only().kind, Upload::Kind::kGrowing) << size;
  }
  Put("a.ignite", bundle_);
  EXPECT_EQ(Only().kind, Upload::Kind::kGrowing) << "it may still change";
  Settle();
  Upload upload = Only();
  EXPECT_EQ(upload.kind, Upload::Kind::kComplete);
  EXPECT_EQ(upload.expected_size, bundle_.size());
  EXPECT_EQ(upload.content_id.size(), 64u);
}

TEST_F(InboxTest, SomethingElseIsNoBundleOnceItHasSettled) {
  PutText("a.ignite", "not a bundle at all");
  EXPECT_EQ(Only().kind, Upload::Kind::kGrowing);
  Settle();
  EXPECT_EQ(Only().kind, Upload::Kind::kNoBundle);
  EXPECT_THAT(Only().fault.value().cause, testing::HasSubstr("no ignite bundle"));
}

TEST_F(InboxTest, ABundleOfALaterFormatIsToldApartFromJunk) {
  Bytes later = bundle_;
  later[format::kTarBlock + 8] = std::byte{9};
  Put("a.ignite", later);
  (void)Only();
  Settle();
  EXPECT_EQ(Only().kind, Upload::Kind::kNoBundle);
  EXPECT_EQ(Only().fault.value().code, ErrorCode::kUnsupported);
  EXPECT_THAT(Only().fault.value().remedy, testing::HasSubstr("update ignite"));
}

/// As a client leaves it that writes a file in place, at one size and without a time.
TEST_F(InboxTest, WhatChangedBehindItsTimeIsReadAgainOnceItHasSettled) {
  std::string path = folder_ / "a.ignite";
  auto put_at_one_time = [&](ByteView content) {
    UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_EQ(write(fd.get(), content.data(), content.size()), std::ssize(content));
    const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  };
  put_at_one_time(Bytes(bundle_.size()));
  (void)Only();
  put_at_one_time(bundle_);
  Settle();
  EXPECT_EQ(Only().kind, Upload::Kind::kComplete);
  // From then on nothing of it is read.
  put_at_one_time(Bytes(bundle_.size()));
  EXPECT_EQ(Only().kind, Upload::Kind::kComplete);
}

TEST_F(InboxTest, OnlyRegularFilesAreSeen) {
  Put("real", bundle_);
  ASSERT_EQ(symlink("real", (folder_ / "link.ignite").c_str()), 0);
  ASSERT_EQ(symlink("/etc/passwd", (folder_ / "passwd.ignite").c_str()), 0);
  ASSERT_EQ(mkfifo((folder_ / "fifo.ignite").c_str(), 0666), 0);
  ASSERT_EQ(mkdir((folder_ / "folder.ignite").c_str(), 0755), 0);
  UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder_ / "socket.ignite").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  if (geteuid() == 0) {
    (void)mknod((folder_ / "device.ignite").c_str(), S_IFCHR | 0666, makedev(1, 5));
  }
  EXPECT_TRUE(Names().empty());
  for (const char* name : {"link.ignite", "fifo.ignite", "folder.ignite", "socket.ignite"}) {
    EXPECT_FALSE(inbox_.Open(name)) << name;
  }
}

TEST_F(InboxTest, NamesCannotLeadOutOfTheInbox) {
  Must(files_->MakeDirectories(folder_ / "in", 0755));
  Put("outside.ignite", bundle_);
  EXPECT_FALSE(Inbox(folder_ / "in").Open("../outside.ignite"));
  EXPECT_FALSE(Inbox(folder_ / "in").Open(folder_ / "outside.ignite"));
}

TEST_F(InboxTest, ANewUploadOfTheSameNameIsNotRemovedForTheOld) {
  Put("a.ignite", bundle_);
  FileVersion old = Only().version;
  PutText("a.ignite", "newer");
  Must(inbox_.Remove("a.ignite", old));
  EXPECT_THAT(Names(), ElementsAre("a.ignite"));
  Must(inbox_.Remove("a.ignite", Only().version));
  EXPECT_TRUE(Names().empty());
}

TEST_F(InboxTest, APassIsBoundedAndTheNextOnesSeeTheRest) {
  for (size_t i = 0; i < Inbox::kCandidatesInPass + 20; ++i)
    PutText(StrCat("n", i, ".ignite"), "x");
  Pass first = Must(inbox_.Scan(now_));
  EXPECT_EQ(first.uploads.size(), Inbox::kCandidatesInPass);
  EXPECT_TRUE(first.more);
  Pass second = Must(inbox_.Scan(now_));
  EXPECT_EQ(second.uploads.size(), 20u);
  EXPECT_FALSE(second.more);
}

TEST_F(InboxTest, EntriesThatAreNoFilesHideNothing) {
  for (size_t i = 0; i < Inbox::kCandidatesInPass + 20; ++i)
    ASSERT_EQ(mkdir((folder_ / StrCat("d", i, ".ignite")).c_str(), 0755), 0);
  Put("good.ignite", bundle_);
  EXPECT_THAT(Names(), ElementsAre("good.ignite"));
}

TEST_F(InboxTest, TheTimesOfTheClientSayNothingOfAge) {
  Put("a.ignite", ByteView(bundle_).first(100));
  for (time_t time : {time_t{0}, ::time(nullptr) + 100'000}) {
    std::array<timeval, 2> times{};
    for (timeval& entry : times) entry.tv_sec = time;
    ASSERT_EQ(utimes((folder_ / "a.ignite").c_str(), times.data()), 0);
    EXPECT_EQ(Only().idle.count(), 0);
  }
  now_ += std::chrono::seconds(7);
  EXPECT_EQ(Only().idle, std::chrono::seconds(7));
}

TEST_F(InboxTest, AHugeSparseFileCostsNoMoreThanItsBeginning) {
  UniqueFd fd(open((folder_ / "huge.ignite").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  ASSERT_EQ(ftruncate(fd.get(), int64_t{1} << 42), 0);
  Settle();
  EXPECT_EQ(Only().kind, Upload::Kind::kNoBundle);
}

}  // namespace
}  // namespace ignite::inbox
