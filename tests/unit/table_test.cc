#include "payload-format/tree/table.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

constexpr FileTime kTime{1'700'000'000, 123'456'789};

TreeEntry Entry(EntryType type, std::string path, uint32_t mode) {
  TreeEntry entry;
  entry.type = type;
  entry.path = std::move(path);
  entry.mode = mode;
  entry.mtime = kTime;
  entry.owner = "root";
  entry.group = "www-data";
  return entry;
}
TreeEntry Directory(std::string path) {
  return Entry(EntryType::kDirectory, std::move(path), 0755);
}
TreeEntry File(std::string path, std::string_view content = "content") {
  TreeEntry entry = Entry(EntryType::kFile, std::move(path), 0644);
  entry.size = content.size();
  entry.digest = Sha256(AsBytes(content));
  return entry;
}
TreeEntry Symlink(std::string path, std::string target) {
  TreeEntry entry = Entry(EntryType::kSymlink, std::move(path), 0777);
  entry.target = std::move(target);
  return entry;
}
TreeEntry HardLink(std::string path, uint32_t earlier) {
  TreeEntry entry;
  entry.type = EntryType::kHardLink;
  entry.path = std::move(path);
  entry.earlier = earlier;
  return entry;
}
TreeEntry Copy(std::string path, uint32_t earlier, std::string_view content = "content") {
  TreeEntry entry = File(std::move(path), content);
  entry.type = EntryType::kCopy;
  entry.earlier = earlier;
  return entry;
}

Bytes Write(const std::vector<TreeEntry>& entries) {
  TableWriter writer;
  for (const TreeEntry& entry : entries) writer.Add(entry);
  return std::move(writer).Finish();
}

Result<std::vector<TreeEntry>> Read(ByteView table) {
  TableReader reader = TRY(TableReader::Open(fakes::MakeMemoryFile(table)));
  std::vector<TreeEntry> entries;
  while (auto entry = TRY(reader.Next())) entries.push_back(*std::move(entry));
  return entries;
}
Result<std::vector<TreeEntry>> Read(const std::vector<TreeEntry>& entries) {
  return Read(Write(entries));
}

/// Directory "" and one file "f", whose fixed part begins at kFileAt.
const std::vector<TreeEntry> kSmall = {Directory(""), File("f")};
constexpr size_t kFileAt = 16 + 68 + 4 + 8;

Bytes SmallPatched(size_t offset_in_file_entry, size_t size, uint64_t value) {
  Bytes bytes = Write(kSmall);
  for (size_t i = 0; i < size; ++i) {
    bytes[kFileAt + offset_in_file_entry + i] = static_cast<std::byte>(value >> (8 * i));
  }
  return bytes;
}

TEST(TreeTableTest, ComesBackWithEveryKindOfEntry) {
  TreeEntry capable = File("bin/ping");
  capable.mode = 04755;
  capable.capabilities = Bytes(20, std::byte{1});
  const std::vector<TreeEntry> entries = {
      Directory(""),         Directory("bin"),        capable,      Directory("etc"),
      File("etc/empty", ""), HardLink("etc/link", 2), Copy("f", 2), Symlink("s", "etc/empty")};
  EXPECT_EQ(Must(Read(entries)), entries);
}

TEST(TreeTableTest, AnEarlierEntryCanBeReadAgain) {
  Bytes table = Write({Directory(""), File("a", "1"), File("b", "2"), Directory("c")});
  TableReader reader = Must(TableReader::Open(fakes::MakeMemoryFile(table)));
  EXPECT_EQ(reader.entry_count(), 4u);
  for (int i = 0; i < 3; ++i) (void)Must(reader.Next());
  EXPECT_EQ(Must(reader.EntryAt(1)).path, "a");
  EXPECT_EQ(Must(reader.EntryAt(2)).digest, Sha256(AsBytes("2")));
  EXPECT_EQ(Must(reader.Next())->path, "c") << "and reading goes on";
  EXPECT_FALSE(Must(reader.Next()).has_value());
}

TEST(TreeTableTest, ReadsATableOfManyEntriesWithReferencesAcross) {
  std::vector<TreeEntry> entries = {Directory("")};
  for (int i = 1000; i < 4000; ++i) {
    std::string name = StrCat("file-", i, "-", std::string(100, 'x'));
    if (i % 3 == 0) entries.push_back(File(name, name));
    if (i % 3 == 1 && i > 1000) entries.push_back(HardLink(name, 1));
    if (i % 3 == 2)
      entries.push_back(
          Copy(name, 1, entries.size() < 2 ? "" : StrCat("file-1002-", std::string(100, 'x'))));
    if (entries.size() == 2 && entries[1].type != EntryType::kFile) entries.pop_back();
  }
  EXPECT_EQ(Must(Read(entries)), entries);
}

TEST(TreeTableTest, RefusesEveryTruncation) {
  Bytes table = Write({Directory(""), File("a"), Symlink("b", "a"), HardLink("c", 1)});
  for (size_t size = 0; size < table.size(); ++size) {
    EXPECT_THAT(Read(ByteView(table).first(size)), FailsWith(ErrorCode::kCorrupt)) << size;
  }
}

TEST(TreeTableTest, RefusesBytesBehindItsEnd) {
  Bytes table = Write(kSmall);
  table.push_back(std::byte{0});
  EXPECT_THAT(Read(table), FailsWith(ErrorCode::kCorrupt, "behind its end"));
  Bytes again = Write(kSmall);
  table = Write(kSmall);
  table.insert(table.end(), again.begin(), again.end());
  EXPECT_THAT(Read(table), FailsWith(ErrorCode::kCorrupt, "behind its end"));
}

TEST(TreeTableTest, AByteBehindALastEntryThatRefersToAnotherIsFound) {
  // The reader went back to the entry that it names, and holds nothing of what follows.
  Bytes table = Write({Directory(""), File("f"), HardLink("g", 1)});
  EXPECT_EQ(Must(Read(table)).size(), 3u);
  table.push_back(std::byte{0});
  EXPECT_THAT(Read(table), FailsWith(ErrorCode::kCorrupt, "behind its end"));
}

TEST(TreeTableTest, RefusesAWrongHead) {
  for (size_t bit = 0; bit < 64; ++bit) {
    Bytes table = Write(kSmall);
    table[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_THAT(Read(table), FailsWith(ErrorCode::kCorrupt, "no file table")) << bit;
  }
  for (size_t offset = 12; offset < 16; ++offset) {
    Bytes table = Write(kSmall);
    table[offset] = std::byte{1};
    EXPECT_THAT(Read(table), FailsWith(ErrorCode::kCorrupt, "reserved")) << offset;
  }
}

TEST(TreeTableTest, RefusesANumberOfEntriesThatIsZeroTooLargeOrWrong) {
  auto with_count = [](uint32_t count) {
    Bytes table = Write(kSmall);
    Bytes number = ByteWriter().U32(count).bytes();
    std::copy(number.begin(), number.end(), table.begin() + 8);
    return Read(table);
  };
  EXPECT_THAT(with_count(0), FailsWith(ErrorCode::kCorrupt, "number of entries"));
  EXPECT_THAT(with_count(kMaxTreeEntries + 1), FailsWith(ErrorCode::kCorrupt, "number of entries"));
  EXPECT_THAT(with_count(UINT32_MAX), FailsWith(ErrorCode::kCorrupt, "number of entries"));
  EXPECT_THAT(with_count(1), FailsWith(ErrorCode::kCorrupt, "behind its end"));
  EXPECT_THAT(with_count(3), FailsWith(ErrorCode::kCorrupt, "ends early"));
}

TEST(TreeTableTest, RefusesAnUnknownTypeAndReservedBytes) {
  for (uint64_t type : {0, 6, 255}) {
    EXPECT_THAT(Read(SmallPatched(0, 1, type)), FailsWith(ErrorCode::kCorrupt, "unknown type"))
        << type;
  }
  EXPECT_THAT(Read(SmallPatched(1, 1, 1)), FailsWith(ErrorCode::kCorrupt, "reserved"));
  EXPECT_THAT(Read(SmallPatched(35, 1, 1)), FailsWith(ErrorCode::kCorrupt, "reserved"));
}

TEST(TreeTableTest, RefusesAModeOrATimeOutOfRange) {
  EXPECT_THAT(Read(SmallPatched(2, 2, 07777)), Succeeds());
  EXPECT_THAT(Read(SmallPatched(2, 2, 010000)), FailsWith(ErrorCode::kCorrupt, "mode or time"));
  EXPECT_THAT(Read(SmallPatched(4, 4, 999'999'999)), Succeeds());
  EXPECT_THAT(Read(SmallPatched(4, 4, 1'000'000'000)),
              FailsWith(ErrorCode::kCorrupt, "mode or time"));
  EXPECT_THAT(Read(SmallPatched(8, 8, static_cast<uint64_t>(-1))), Succeeds()) << "before 1970";
}

TEST(TreeTableTest, MustBeginWithTheTreeItself) {
  EXPECT_THAT(Read({File("f")}), FailsWith(ErrorCode::kCorrupt, "does not begin"));
  EXPECT_THAT(Read({Directory("d")}), FailsWith(ErrorCode::kCorrupt, "does not begin"));
  EXPECT_THAT(Read({File("")}), FailsWith(ErrorCode::kCorrupt, "does not begin"));
  EXPECT_THAT(Read({Directory(""), Directory("")}), FailsWith(ErrorCode::kCorrupt, "out of order"));
}

TEST(TreeTableTest, RefusesPathsThatNoTreeCanHave) {
  for (const std::string& path :
       {std::string("/etc/passwd"), std::string(".."), std::string("../x"), std::string("a/../b"),
        std::string("."), std::string("a/."), std::string("a//b"), std::string("a/"),
        std::string("a\0b", 3), std::string(256, 'x')}) {
    EXPECT_THAT(Read({Directory(""), File(path)}), FailsWith(ErrorCode::kCorrupt, "path")) << path;
  }
  EXPECT_THAT(Read({Directory(""), File(std::string(255, 'x'))}), Succeeds());
  EXPECT_THAT(Read({Directory(""), File("..."), File("..a")}), Succeeds());
  EXPECT_THAT(Read({Directory(""), File("caf\xc3\xa9 \xff\n")}), Succeeds()) << "bytes, not text";
}

TEST(TreeTableTest, RefusesAPathThatIsTooLong) {
  std::vector<TreeEntry> entries = {Directory("")};
  std::string path;
  while (path.size() + 256 < kMaxTreePath - 200) {
    path += StrCat(path.empty() ? "" : "/", std::string(255, 'x'));
    entries.push_back(Directory(path));
  }
  EXPECT_THAT(Read(entries), Succeeds());
  entries.push_back(File(path + "/" + std::string(kMaxTreePath - path.size() - 1, 'y')));
  EXPECT_EQ(entries.back().path.size(), kMaxTreePath);
  EXPECT_THAT(Read(entries), Succeeds());
  entries.back().path += 'y';
  EXPECT_THAT(Read(entries), FailsWith(ErrorCode::kCorrupt, "path"));
}

TEST(TreeTableTest, RefusesEntriesOutOfOrderOrDoubled) {
  EXPECT_THAT(Read({Directory(""), File("b"), File("a")}),
              FailsWith(ErrorCode::kCorrupt, "out of order"));
  EXPECT_THAT(Read({Directory(""), File("a"), File("a")}),
              FailsWith(ErrorCode::kCorrupt, "out of order"));
  EXPECT_THAT(Read({Directory(""), Directory("a"), File("a.b"), File("a/c")}),
              FailsWith(ErrorCode::kCorrupt, "out of order"));
  EXPECT_THAT(Read({Directory(""), Directory("a"), File("a/c"), File("a.b")}), Succeeds());
}

TEST(TreeTableTest, RefusesAnEntryWithoutItsFolder) {
  EXPECT_THAT(Read({Directory(""), File("a/b")}),
              FailsWith(ErrorCode::kCorrupt, "without its folder"));
  EXPECT_THAT(Read({Directory(""), File("a"), File("a/b")}),
              FailsWith(ErrorCode::kCorrupt, "without its folder"));
  EXPECT_THAT(Read({Directory(""), Symlink("a", "/etc"), File("a/b")}),
              FailsWith(ErrorCode::kCorrupt, "without its folder"));
  EXPECT_THAT(Read({Directory(""), Directory("a"), Directory("a/b"), File("ab/c")}),
              FailsWith(ErrorCode::kCorrupt, "without its folder"));
  EXPECT_THAT(Read({Directory(""), Directory("a"), Directory("b"), File("b/c")}), Succeeds());
}

TEST(TreeTableTest, RefusesFieldsThatATypeHasNoUseFor) {
  auto refused = [](TreeEntry entry) {
    return testing::Value(Read({Directory(""), File("a"), std::move(entry)}),
                          FailsWith(ErrorCode::kCorrupt));
  };
  auto changed = [](TreeEntry entry, auto change) {
    change(entry);
    return entry;
  };
  for (const TreeEntry& entry : {Directory("b"), Symlink("b", "a"), HardLink("b", 1)}) {
    EXPECT_TRUE(refused(changed(entry, [](TreeEntry& e) { e.size = 1; })));
    EXPECT_TRUE(refused(changed(entry, [](TreeEntry& e) { e.digest = Sha256({}); })));
    EXPECT_TRUE(refused(changed(entry, [](TreeEntry& e) { e.capabilities = Bytes(20); })));
  }
  for (const TreeEntry& entry : {Directory("b"), File("b"), Symlink("b", "a")}) {
    EXPECT_TRUE(refused(changed(entry, [](TreeEntry& e) { e.earlier = 1; })));
    EXPECT_TRUE(refused(changed(entry, [](TreeEntry& e) { e.owner.clear(); })));
    EXPECT_TRUE(refused(changed(entry, [](TreeEntry& e) { e.group = "a b"; })));
  }
  for (const TreeEntry& entry : {Directory("b"), File("b"), HardLink("b", 1), Copy("b", 1)}) {
    EXPECT_TRUE(refused(changed(entry, [](TreeEntry& e) { e.target = "a"; })));
  }
  EXPECT_TRUE(refused(changed(HardLink("b", 1), [](TreeEntry& e) { e.mode = 0644; })));
  EXPECT_TRUE(refused(changed(HardLink("b", 1), [](TreeEntry& e) { e.mtime = kTime; })));
  EXPECT_TRUE(refused(changed(HardLink("b", 1), [](TreeEntry& e) { e.owner = "root"; })));
  EXPECT_TRUE(refused(changed(HardLink("b", 1), [](TreeEntry& e) { e.group = "root"; })));
}

TEST(TreeTableTest, RefusesAWrongLinkTargetOrMode) {
  for (const std::string& target :
       {std::string(), std::string("a\0b", 3), std::string(4096, 'x')}) {
    EXPECT_THAT(Read({Directory(""), Symlink("l", target)}),
                FailsWith(ErrorCode::kCorrupt, "link target"))
        << target;
  }
  EXPECT_THAT(Read({Directory(""), Symlink("l", std::string(4095, 'x'))}), Succeeds());
  TreeEntry link = Symlink("l", "x");
  link.mode = 0755;
  EXPECT_THAT(Read({Directory(""), link}),
              FailsWith(ErrorCode::kCorrupt, "mode of a symbolic link"));
}

TEST(TreeTableTest, RefusesCapabilitiesThatAreNone) {
  for (size_t size : {1, 12, 19, 21, 25, 255}) {
    TreeEntry file = File("f");
    file.capabilities = Bytes(size);
    EXPECT_THAT(Read({Directory(""), file}), FailsWith(ErrorCode::kCorrupt, "capabilities"))
        << size;
  }
}

TEST(TreeTableTest, RefusesAReferenceToALaterEntryOrToNoFile) {
  EXPECT_THAT(Read({Directory(""), HardLink("a", 1)}), FailsWith(ErrorCode::kCorrupt, "later"))
      << "itself";
  EXPECT_THAT(Read({Directory(""), HardLink("a", 2), File("b")}),
              FailsWith(ErrorCode::kCorrupt, "later"));
  EXPECT_THAT(Read({Directory(""), Copy("a", UINT32_MAX)}),
              FailsWith(ErrorCode::kCorrupt, "later"));
  EXPECT_THAT(Read({Directory(""), HardLink("a", 0)}), FailsWith(ErrorCode::kCorrupt, "no file"));
  EXPECT_THAT(Read({Directory(""), Symlink("a", "x"), HardLink("b", 1)}),
              FailsWith(ErrorCode::kCorrupt, "no file"));
  EXPECT_THAT(Read({Directory(""), File("a"), HardLink("b", 1), HardLink("c", 2)}),
              FailsWith(ErrorCode::kCorrupt, "no file"))
      << "a link to a link";
  EXPECT_THAT(Read({Directory(""), File("a"), Copy("b", 1), Copy("c", 2)}),
              FailsWith(ErrorCode::kCorrupt, "no file"));
}

TEST(TreeTableTest, RefusesACopyThatDiffers) {
  EXPECT_THAT(Read({Directory(""), File("a"), Copy("b", 1)}), Succeeds());
  EXPECT_THAT(Read({Directory(""), File("a"), Copy("b", 1, "CONTENT")}),
              FailsWith(ErrorCode::kCorrupt, "copy that differs"));
  TreeEntry copy = Copy("b", 1);
  ++copy.size;
  EXPECT_THAT(Read({Directory(""), File("a"), copy}),
              FailsWith(ErrorCode::kCorrupt, "copy that differs"));
}

TEST(TreeTableTest, AFlippedBitGivesAnErrorOrAnotherTable) {
  const std::vector<TreeEntry> entries = {Directory(""), File("a"), Symlink("b", "a"),
                                          HardLink("c", 1), Copy("d", 1)};
  Bytes table = Write(entries);
  for (size_t bit = 0; bit < table.size() * 8; ++bit) {
    Bytes flipped = table;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    auto read = Read(flipped);
    EXPECT_TRUE(!read || *read != entries) << bit;
  }
}

TEST(TreeEntryTest, NamesWhatNeedsPermission) {
  EXPECT_FALSE(Symlink("a/b", "../c").NeedsPermission());
  EXPECT_EQ(Symlink("a/b", "../../c").NeedsPermission(), "a link target outside the tree");
  EXPECT_EQ(Symlink("a", "/etc").NeedsPermission(), "an absolute link target");
  TreeEntry file = File("f");
  EXPECT_FALSE(file.NeedsPermission());
  for (uint32_t mode : {04755u, 02755u, 06755u}) {
    file.mode = mode;
    EXPECT_EQ(file.NeedsPermission(), "a setuid or setgid bit");
  }
  file.mode = 01755;
  EXPECT_FALSE(file.NeedsPermission());
  file.capabilities = Bytes(20);
  EXPECT_EQ(file.NeedsPermission(), "file capabilities");
  TreeEntry copy = Copy("c", 1);
  copy.mode = 04755;
  EXPECT_TRUE(copy.NeedsPermission());
}

TEST(LinkEscapesTest, JudgesByTheNamesAlone) {
  for (const char* target : {"b", "./b", "b/../c", "..", "../x", "b/c/../../../x", "../a/b"}) {
    EXPECT_FALSE(LinkEscapes("a/link", target)) << target;
  }
  for (const char* target :
       {"/x", "../..", "../../x", "b/../../..", "./../../x", ".././../x", "../../a/link"}) {
    EXPECT_TRUE(LinkEscapes("a/link", target)) << target;
  }
  EXPECT_TRUE(LinkEscapes("link", ".."));
  EXPECT_FALSE(LinkEscapes("link", "."));
}

TEST(ComesBeforeTest, PutsAFolderRightInFrontOfWhatItHolds) {
  const std::vector<std::string> ordered = {"",    "a",   "a/b", "a/b/c", "a/c",  "a b",
                                            "a-b", "a.b", "aa",  "b",     "\x80", "\xff"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(ComesBefore(ordered[i], ordered[j]), i < j) << ordered[i] << " and " << ordered[j];
    }
  }
}

TEST(AccountNameTest, IsWhatDebianTakes) {
  for (const char* name : {"root", "www-data", "_apt", "systemd-network", "a.b", "machine$", "0"}) {
    EXPECT_TRUE(IsAccountName(name)) << name;
  }
  for (const char* wrong : {"", "-a", "a b", "a:b", "a/b", "a\n", "é"})
    EXPECT_FALSE(IsAccountName(wrong)) << wrong;
  EXPECT_TRUE(IsAccountName(std::string(32, 'a')));
  EXPECT_FALSE(IsAccountName(std::string(33, 'a')));
}

}  // namespace
}  // namespace ignite::format
