#include "packager/program_folder_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/str_cat.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::packager {
namespace {

using fakes::Must;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProgramFolderSourceTest : public testing::Test {
 protected:
  ProgramFolderSourceTest() {
    source_.origin = {folder_ / "config", true, 7};
    source_.suffixes = {"", ".sql"};
    source_.required = {"generate"};
    source_.optional = {"check"};
    (void)mkdir(Path("").c_str(), 0700);
    Write("generate", 0700);
    Write("2_b.up", 0775);
    Write("1_a.up.sql", 0600);
  }

  std::string Path(std::string_view name) { return StrCat(folder_ / "config", "/", name); }
  void Write(std::string_view name, mode_t mode, std::string_view text = "x") {
    std::ofstream(Path(name)) << text;
    ASSERT_EQ(chmod(Path(name).c_str(), mode), 0);
  }
  PackedPrograms Pack() {
    faults_.clear();
    return Must(PackPrograms(
        source_, {"settings", "config/probe", std::nullopt, [](std::string_view) {}}, faults_));
  }
  std::vector<std::string> Faults() {
    (void)Pack();
    std::vector<std::string> texts;
    for (const Fault& fault : faults_) {
      EXPECT_EQ(fault.line, 7);
      EXPECT_FALSE(fault.remedy.empty());
      texts.push_back(fault.message);
    }
    return texts;
  }
  static std::vector<format::TreeEntry> Entries(PackedPrograms& packed) {
    std::string path = "/table";
    Bytes bytes(packed.content.plain_bytes);
    size_t size = Must(packed.content.streams[0]->Read(bytes));
    fakes::TemporaryDirectory folder;
    std::ofstream(folder / "table") << AsText(ByteView(bytes).first(size));
    auto table =
        Must(format::TableReader::Open(Must(MakePosixFileSystem()->OpenFile(folder / "table"))));
    std::vector<format::TreeEntry> entries;
    while (auto entry = Must(table.Next())) entries.push_back(*entry);
    return entries;
  }

  fakes::TemporaryDirectory folder_;
  ProgramFolderSource source_;
  std::vector<Fault> faults_;
};

TEST_F(ProgramFolderSourceTest, EverythingBecomesRootsAndReadable) {
  ASSERT_EQ(mkdir(Path("lib").c_str(), 0700), 0);
  Write("lib/a", 0400);
  ASSERT_EQ(symlink("generate", Path("link").c_str()), 0);
  if (geteuid() == 0) {
    ASSERT_EQ(chown(Path("generate").c_str(), 1, 2), 0);
  }
  PackedPrograms packed = Pack();
  ASSERT_THAT(faults_, IsEmpty());
  std::vector<std::string> seen;
  auto rules = packed.folder.Rules({"generate"});
  EXPECT_EQ(packed.folder.entries, 7u);
  for (const format::TreeEntry& entry : Entries(packed)) {
    EXPECT_FALSE(rules->Objection(entry)) << entry.path;
    char mode[8];
    (void)snprintf(mode, sizeof mode, "%o", entry.mode);
    seen.push_back(StrCat(entry.path, " ", mode, " ", entry.owner, ":", entry.group));
  }
  EXPECT_FALSE(rules->Missing());
  EXPECT_THAT(seen, ElementsAre(" 755 root:root", "1_a.up.sql 644 root:root",
                                "2_b.up 755 root:root", "generate 755 root:root",
                                "lib 755 root:root", "lib/a 644 root:root", "link 777 root:root"));
}

TEST_F(ProgramFolderSourceTest, TellsItsStepsItsProgramsAndItsVersion) {
  PackedPrograms packed = Pack();
  EXPECT_THAT(packed.folder.steps, ElementsAre(format::Step{1, "a", "1_a.up.sql", ""},
                                               format::Step{2, "b", "2_b.up", ""}));
  EXPECT_THAT(packed.programs, ElementsAre("generate"));
  EXPECT_EQ(packed.content.version, "2");
  EXPECT_EQ(packed.folder.bytes, 4 * 4096u);
  Write("check", 0755);
  EXPECT_THAT(Pack().programs, ElementsAre("generate", "check"));
}

TEST_F(ProgramFolderSourceTest, EveryFaultNamesItsFile) {
  ASSERT_EQ(unlink(Path("generate").c_str()), 0);
  Write("check", 0644);
  Write("3_c.up", 0644);
  Write("4_d.down", 0755);
  Write("5.up", 0755);
  ASSERT_EQ(link(Path("2_b.up").c_str(), Path("hard").c_str()), 0);
  Write("setuid", 04755);
  ASSERT_EQ(symlink("../../etc", Path("escape").c_str()), 0);
  auto faults = Faults();
  for (const char* expected :
       {"'generate' is missing", "'check' is not executable", "'3_c.up' is not executable",
        "'4_d.down' leads back from a step that has no .up", "'5.up' is no step",
        "'hard' is a hard link", "'setuid' has a setuid or setgid bit",
        "'escape' has a link target outside the tree"}) {
    EXPECT_THAT(faults, Contains(HasSubstr(expected)));
  }
  EXPECT_EQ(faults.size(), 8u);
}

TEST_F(ProgramFolderSourceTest, AProgramIsAFileRightInTheFolder) {
  ASSERT_EQ(rename(Path("generate").c_str(), Path("other").c_str()), 0);
  ASSERT_EQ(symlink("other", Path("generate").c_str()), 0);
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("'generate' is missing")));
}

}  // namespace
}  // namespace ignite::packager
