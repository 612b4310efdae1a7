#include "agent/handlers/program_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "payload-format/crypto/hash.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/faulty_file_system.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using format::EntryType;
using format::TreeEntry;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kText = "#!/bin/sh\n";

class ProgramStoreTest : public testing::Test {
 protected:
  ProgramStoreTest() {
    record_.component = "config/probe";
    record_.release = "1-abc";
    content_.entries = 2;
    content_.bytes = 8192;
  }

  static TreeEntry Entry(EntryType type, std::string path) {
    TreeEntry entry;
    entry.type = type;
    entry.path = std::move(path);
    entry.mode = 0755;
    entry.owner = entry.group = "root";
    if (type == EntryType::kFile) {
      entry.size = kText.size();
      entry.digest = format::Sha256(AsBytes(kText));
    }
    return entry;
  }

  /// All but the end.
  Result<std::unique_ptr<engine::Staging>> Unpack(const TreeEntry& program) {
    format::TableWriter table;
    table.Add(Entry(EntryType::kDirectory, ""));
    table.Add(program);
    TRY(store_.Reserve(record_, content_));
    auto staging = TRY(store_.Stage(record_, content_, {"generate"}, [this] {
      is_used_ = true;
      return Result<>();
    }));
    TRY(staging->BeginStream(format::TreeSpec::kTableStream));
    TRY(staging->Write(std::move(table).Finish()));
    TRY(staging->EndStream());
    TRY(staging->BeginStream(format::TreeSpec::kContentStream));
    TRY(staging->Write(AsBytes(kText)));
    TRY(staging->EndStream());
    return staging;
  }
  Result<> Stage(const TreeEntry& program) { return TRY(Unpack(program))->Finish(); }
  bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

  fakes::TemporaryDirectory folder_;
  engine::ProbePaths paths_{folder_.path()};
  std::unique_ptr<FileSystem> real_files_ = MakePosixFileSystem();
  fakes::FaultyFileSystem files_{*real_files_};
  ProgramStore store_{files_, paths_};
  bool is_used_ = false;
  engine::ComponentRecord record_;
  format::ProgramFolder content_;
};

TEST_F(ProgramStoreTest, TheFolderHoldsWhatTheBundleBrought) {
  ASSERT_THAT(Stage(Entry(EntryType::kFile, "generate")), Succeeds());
  EXPECT_EQ(store_.Folder(record_), folder_ / "var/lib/ignite/programs/config/probe/1-abc");
  EXPECT_EQ(Must(files_.ReadFile(store_.Folder(record_) + "/generate", 100)), kText);
  EXPECT_THAT(Must(store_.FindDifferences(record_, CompareWhat::kEverything)), IsEmpty());
  ASSERT_EQ(chmod((store_.Folder(record_) + "/generate").c_str(), 0777), 0);
  EXPECT_THAT(Must(store_.FindDifferences(record_, CompareWhat::kDamage)),
              ElementsAre(HasSubstr("generate: has another mode")));
  EXPECT_FALSE(Exists(store_.Folder(record_) + ".reserve"));
}

TEST_F(ProgramStoreTest, WhatIsNotWholeOnDiskIsNotUsed) {
  auto staging = Must(Unpack(Entry(EntryType::kFile, "generate")));
  files_.plan = fakes::FaultPlan(1, true, ErrorCode::kIo);
  EXPECT_THAT(staging->Finish(), FailsWith(ErrorCode::kIo));
  EXPECT_FALSE(is_used_);
  files_.plan = fakes::FaultPlan();
  EXPECT_THAT(Stage(Entry(EntryType::kFile, "generate")), Succeeds());
  EXPECT_TRUE(is_used_);
}

TEST_F(ProgramStoreTest, StagingBeginsAnewOverAHalfDoneRun) {
  ASSERT_THAT(Stage(Entry(EntryType::kFile, "generate")), Succeeds());
  ASSERT_THAT(Stage(Entry(EntryType::kFile, "generate")), Succeeds());
}

TEST_F(ProgramStoreTest, AFolderThatTheRulesDoNotAllowIsRefused) {
  EXPECT_THAT(Stage(Entry(EntryType::kFile, "other")),
              FailsWith(ErrorCode::kCorrupt, "it lacks the file generate"));
  TreeEntry writable = Entry(EntryType::kFile, "generate");
  writable.mode = 0777;
  EXPECT_THAT(Stage(writable), FailsWith(ErrorCode::kCorrupt, "has a mode other than 0755"));
}

TEST_F(ProgramStoreTest, DiscardLeavesNothing) {
  ASSERT_THAT(Stage(Entry(EntryType::kFile, "generate")), Succeeds());
  ASSERT_THAT(store_.Reserve(record_, content_), Succeeds());
  ASSERT_THAT(store_.Discard(record_), Succeeds());
  ASSERT_THAT(store_.Discard(record_), Succeeds());
  EXPECT_FALSE(Exists(store_.Folder(record_)));
  EXPECT_FALSE(Exists(store_.Folder(record_) + ".reserve"));
  EXPECT_FALSE(Exists(paths_.Table("config/probe", "1-abc")));
  EXPECT_THAT(Must(store_.FindDifferences(record_, CompareWhat::kPresence)),
              ElementsAre("the file table of 1-abc is missing"));
}

}  // namespace
}  // namespace ignite::handlers
