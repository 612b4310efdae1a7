#include "payload-format/steps/program_folder.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

const StepSuffixes kSuffixes = {"", ".sql"};

TreeEntry Entry(std::string path, EntryType type = EntryType::kFile, uint32_t mode = 0755) {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = mode;
  entry.owner = entry.group = "root";
  if (type == EntryType::kSymlink) entry.target = "check";
  return entry;
}

class ProgramFolderTest : public testing::Test {
 protected:
  ProgramFolderTest() {
    folder_.steps = {{1, "a", "1_a.up", ""}, {2, "b", "2_b.up.sql", "2_b.down.sql"}};
    folder_.entries = 4;
    folder_.bytes = 12288;
    rules_ = folder_.Rules({"generate"});
  }
  std::string Objection(const TreeEntry& entry) {
    return rules_->Objection(entry).value_or("fine");
  }

  ProgramFolder folder_;
  std::unique_ptr<TreeRules> rules_;
};

TEST_F(ProgramFolderTest, TheSpecGivesTheSameFolder) {
  Json json = Json::EmptyObject();
  folder_.AddTo(json);
  JsonFields fields(json, "folder");
  ProgramFolder again = Must(ProgramFolder::Take(fields, kSuffixes));
  EXPECT_TRUE(fields.Finish().has_value());
  EXPECT_EQ(again.steps, folder_.steps);
  EXPECT_EQ(again.entries, 4u);
  EXPECT_EQ(again.bytes, 12288u);
  EXPECT_EQ(rules_->EntryCount(), 4u);
}

TEST_F(ProgramFolderTest, ASpecWithoutEntriesOrWithTooManyIsRefused) {
  for (auto [entries, is_good] : {std::pair<uint64_t, bool>{0, false},
                                  {kMaxTreeEntries, true},
                                  {kMaxTreeEntries + 1, false}}) {
    folder_.entries = entries;
    Json json = Json::EmptyObject();
    folder_.AddTo(json);
    JsonFields fields(json, "folder");
    (void)ProgramFolder::Take(fields, kSuffixes);
    auto finished = fields.Finish();
    if (is_good) {
      EXPECT_THAT(finished, Succeeds());
    } else {
      EXPECT_THAT(finished, FailsWith(ErrorCode::kCorrupt, "entries"));
    }
  }
}

TEST_F(ProgramFolderTest, ACompleteFolderIsAccepted) {
  EXPECT_EQ(Objection(Entry("", EntryType::kDirectory)), "fine");
  EXPECT_EQ(Objection(Entry("1_a.up", EntryType::kCopy)), "fine");
  EXPECT_EQ(Objection(Entry("2_b.down.sql", EntryType::kFile, 0644)), "fine");
  EXPECT_EQ(Objection(Entry("2_b.up.sql", EntryType::kFile, 0644)), "fine");
  EXPECT_EQ(*rules_->Missing(), "it lacks the file generate");
  EXPECT_EQ(Objection(Entry("generate")), "fine");
  EXPECT_FALSE(rules_->Missing());
  EXPECT_EQ(Objection(Entry("other", EntryType::kSymlink, 0777)), "fine");
}

TEST_F(ProgramFolderTest, ProgramsMustBeExecutableFiles) {
  EXPECT_EQ(Objection(Entry("generate", EntryType::kFile, 0644)), "is not executable");
  EXPECT_EQ(Objection(Entry("1_a.up", EntryType::kFile, 0644)), "is not executable");
  EXPECT_EQ(Objection(Entry("1_a.up", EntryType::kSymlink, 0777)), "is no file");
  EXPECT_EQ(Objection(Entry("2_b.down.sql", EntryType::kDirectory)), "is no file");
}

TEST_F(ProgramFolderTest, OnlyRootMayBeAbleToChangeAnything) {
  TreeEntry owned = Entry("x");
  owned.owner = "daemon";
  EXPECT_EQ(Objection(owned), "does not belong to root");
  owned = Entry("x");
  owned.group = "daemon";
  EXPECT_EQ(Objection(owned), "does not belong to root");
  for (uint32_t mode : {0775u, 0777u, 0700u, 01755u})
    EXPECT_EQ(Objection(Entry("x", EntryType::kFile, mode)),
              "has a mode other than 0755, or 0644 of a file");
  EXPECT_EQ(Objection(Entry("x", EntryType::kDirectory, 0644)),
            "has a mode other than 0755, or 0644 of a file");
  EXPECT_EQ(Objection(Entry("x", EntryType::kFile, 04755)), "has a setuid or setgid bit");
  TreeEntry escaping = Entry("x", EntryType::kSymlink, 0777);
  escaping.target = "../y";
  EXPECT_EQ(Objection(escaping), "has a link target outside the tree");
  EXPECT_EQ(Objection(Entry("x", EntryType::kHardLink)), "is a hard link");
}

}  // namespace
}  // namespace ignite::format
