#include "packager/tree_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>

#include "base/process.h"
#include "base/str_cat.h"
#include "packager/payload_type.h"
#include "packager/tree_content.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::packager {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using format::EntryType;
using format::TreeEntry;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kTime = 1'600'000'000;

class TreeSourceTest : public testing::Test {
 protected:
  TreeSourceTest() { MakeDirectory(""); }

  std::string Path(std::string_view path) const { return StrCat(folder_.path(), "/tree/", path); }

  void MakeDirectory(std::string_view path) { ASSERT_EQ(mkdir(Path(path).c_str(), 0755), 0); }
  void WriteFile(std::string_view path, std::string_view text) {
    std::ofstream(Path(path)) << text;
    ASSERT_EQ(chmod(Path(path).c_str(), 0644), 0);
    timeval times[2] = {{kTime, 0}, {kTime, 0}};
    ASSERT_EQ(utimes(Path(path).c_str(), times), 0);
  }
  void Link(std::string_view from, std::string_view to) {
    ASSERT_EQ(link(Path(from).c_str(), Path(to).c_str()), 0);
  }
  void Symlink(std::string target, std::string_view path) {
    ASSERT_EQ(symlink(target.c_str(), Path(path).c_str()), 0);
  }
  /// Runs a shell command in the folder above the tree.
  void Shell(const std::string& command) {
    auto outcome = Must(MakeSystemProcess()->Run(
        {{"sh", "-c", StrCat("cd ", folder_.path(), " && ", command)}, {}}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  }

  std::unique_ptr<TreeSource> Directory(TreeOf tree = TreeOf::kApplication) const {
    return MakeDirectorySource(StrCat(folder_.path(), "/tree"), tree);
  }
  std::unique_ptr<TreeSource> Archive(std::string_view name = "t.tar",
                                      TreeOf tree = TreeOf::kApplication) const {
    return MakeArchiveSource(StrCat(folder_.path(), "/", name), tree, 7);
  }

  /// The faults of listing, or none.
  static std::vector<std::string> FaultsOf(TreeSource& source) {
    TreeFaults tree_faults("web", 3);
    Must(source.List(tree_faults));
    std::vector<Fault> faults;
    tree_faults.AppendTo(faults);
    std::vector<std::string> messages;
    for (const Fault& fault : faults) messages.push_back(fault.message);
    return messages;
  }

  static NumberedTree Number(TreeSource& source) {
    TreeFaults faults("web", 3);
    auto nodes = Must(source.List(faults));
    EXPECT_TRUE(faults.empty());
    return Must(NumberTree(source, std::move(nodes), [](std::string_view) {}));
  }

  static std::string ReadAll(format::StreamSource& stream, size_t piece = 3) {
    Must(stream.Rewind());
    std::string text;
    Bytes buffer(piece);
    while (size_t got = Must(stream.Read(buffer))) text += AsText(ByteView(buffer).first(got));
    return text;
  }

  fakes::TemporaryDirectory folder_;
};

std::vector<std::string> Paths(const NumberedTree& tree) {
  std::vector<std::string> paths;
  for (const TreeEntry& entry : tree.entries) paths.push_back(entry.path);
  return paths;
}

TEST_F(TreeSourceTest, AFolderIsListedParentsFirstAndSlashBeforeAll) {
  MakeDirectory("a");
  WriteFile("a/z", "1");
  WriteFile("a-b", "2");
  WriteFile("a.b", "3");
  EXPECT_THAT(Paths(Number(*Directory())), ElementsAre("", "a", "a/z", "a-b", "a.b"));
}

TEST_F(TreeSourceTest, FilesCarryTheirAttributes) {
  WriteFile("f", "text");
  ASSERT_EQ(chmod(Path("f").c_str(), 0750), 0);
  Symlink("f", "l");
  NumberedTree tree = Number(*Directory());
  const TreeEntry& file = tree.entries.at(1);
  EXPECT_EQ(file.type, EntryType::kFile);
  EXPECT_EQ(file.mode, 0750u);
  EXPECT_EQ(file.mtime, (FileTime{kTime, 0}));
  EXPECT_EQ(file.size, 4u);
  EXPECT_EQ(file.digest, format::Sha256(AsBytes("text")));
  EXPECT_EQ(file.owner, "root");
  EXPECT_EQ(tree.entries.at(2).type, EntryType::kSymlink);
  EXPECT_EQ(tree.entries.at(2).mode, 0777u);
  EXPECT_EQ(tree.entries.at(2).target, "f");
}

TEST_F(TreeSourceTest, AnOperatingSystemKeepsItsIds) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give files away";
  WriteFile("a", "1");
  ASSERT_EQ(chown(Path("a").c_str(), 1000, 4294967294), 0);
  // By names of this machine that are not the system's.
  Shell("tar -cf t.tar --owner=daemon:77 --group=bin:88 -C tree a");
  Shell("tar -cf large.tar --format=pax --pax-option=uid:=4294967295 -C tree a");
  auto owner = [](TreeSource& source) {
    TreeEntry entry = Number(source).entries.at(1);
    return StrCat(entry.owner, ":", entry.group);
  };
  EXPECT_EQ(owner(*Directory(TreeOf::kSystem)), "1000:4294967294");
  EXPECT_EQ(owner(*Archive("t.tar", TreeOf::kSystem)), "77:88");
  EXPECT_EQ(owner(*Archive("t.tar")), "daemon:bin");
  EXPECT_EQ(Number(*Archive("t.tar", TreeOf::kSystem)).entries.at(0).owner, "0");
  EXPECT_THAT(FaultsOf(*Archive("large.tar", TreeOf::kSystem)),
              ElementsAre(HasSubstr("'a' belongs to 4294967295:")));
}

TEST_F(TreeSourceTest, DevicesOfAnOperatingSystemAreLeftOutWhereDevIsMounted) {
  MakeDirectory("dev");
  MakeDirectory("etc");
  WriteFile("dev/kept", "1");
  ASSERT_EQ(mkfifo(Path("dev/initctl").c_str(), 0600), 0);
  Shell("tar -cf t.tar -C tree .");
  for (auto open : {0, 1}) {
    auto source = open == 0 ? Directory(TreeOf::kSystem) : Archive("t.tar", TreeOf::kSystem);
    EXPECT_THAT(Paths(Number(*source)), ElementsAre("", "dev", "dev/kept", "etc"));
    EXPECT_THAT(source->Note(), HasSubstr("left out: 1 device nodes"));
  }
  EXPECT_THAT(FaultsOf(*Directory()), ElementsAre(HasSubstr("'dev/initctl' is a FIFO")));
  EXPECT_THAT(FaultsOf(*Archive()), ElementsAre(HasSubstr("'dev/initctl' is a device node")));
  ASSERT_EQ(mkfifo(Path("etc/fifo").c_str(), 0600), 0);
  Shell("tar -cf t.tar -C tree .");
  EXPECT_THAT(FaultsOf(*Directory(TreeOf::kSystem)),
              ElementsAre(HasSubstr("'etc/fifo' is a FIFO")));
  EXPECT_THAT(FaultsOf(*Archive("t.tar", TreeOf::kSystem)), ElementsAre(HasSubstr("'etc/fifo'")));
}

TEST_F(TreeSourceTest, PersonsFilesBecomeRootsAndSystemAccountsKeepTheirName) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give files away";
  WriteFile("nobody", "1");
  WriteFile("person", "2");
  WriteFile("daemon", "3");
  ASSERT_EQ(chown(Path("nobody").c_str(), 65534, 65534), 0);
  ASSERT_EQ(chown(Path("person").c_str(), 1000, 1), 0);
  ASSERT_EQ(chown(Path("daemon").c_str(), 1, 12345), 0);
  NumberedTree tree = Number(*Directory());
  EXPECT_EQ(tree.entries.at(1).owner + ":" + tree.entries.at(1).group, "daemon:root");
  EXPECT_EQ(tree.entries.at(2).owner + ":" + tree.entries.at(2).group, "root:root");
  EXPECT_EQ(tree.entries.at(3).owner + ":" + tree.entries.at(3).group, "root:daemon");
}

TEST_F(TreeSourceTest, HardLinksCopiesAndEmptyFiles) {
  WriteFile("a", "same");
  WriteFile("b", "same");
  WriteFile("c", "other");
  Link("c", "d");
  WriteFile("e", "");
  WriteFile("f", "");
  WriteFile("g", "same");
  Link("g", "h");
  NumberedTree tree = Number(*Directory());
  std::vector<EntryType> types;
  for (const TreeEntry& entry : tree.entries) types.push_back(entry.type);
  EXPECT_THAT(types, ElementsAre(EntryType::kDirectory, EntryType::kFile, EntryType::kCopy,
                                 EntryType::kFile, EntryType::kHardLink, EntryType::kFile,
                                 EntryType::kFile, EntryType::kFile, EntryType::kHardLink))
      << "g is linked, and a hard link may only refer to a file with bytes of its own";
  EXPECT_EQ(tree.entries[2].earlier, 1u);
  EXPECT_EQ(tree.entries[4].earlier, 3u);
  EXPECT_EQ(tree.entries[8].earlier, 7u);
  EXPECT_EQ(tree.content_bytes, 13u);
  auto source = Directory();
  NumberedTree again = Number(*source);
  auto stream = MakeContentStream(std::move(source), std::move(again.files));
  EXPECT_EQ(ReadAll(*stream), "sameothersame");
  EXPECT_EQ(ReadAll(*stream, 100), "sameothersame") << "it can be read again";
}

TEST_F(TreeSourceTest, AFileThatChangesWhileItIsPackedIsNamed) {
  for (const char* text : {"longer", "shor", "differ", ""}) {
    WriteFile("file", "before");
    auto source = Directory();
    NumberedTree tree = Number(*source);
    auto stream = MakeContentStream(std::move(source), std::move(tree.files));
    EXPECT_EQ(ReadAll(*stream), "before");
    WriteFile("file", text);
    Must(stream->Rewind());
    Bytes buffer(100);
    EXPECT_THAT(stream->Read(buffer), FailsWith(ErrorCode::kIo, "'file'")) << text;
  }
  WriteFile("file", "before");
  auto source = Directory();
  NumberedTree tree = Number(*source);
  ASSERT_EQ(unlink(Path("file").c_str()), 0);
  Bytes buffer(100);
  auto stream = MakeContentStream(std::move(source), std::move(tree.files));
  EXPECT_THAT(stream->Read(buffer), FailsWith(ErrorCode::kIo));
}

TEST_F(TreeSourceTest, WhatNoTreeCanHoldIsRefusedByName) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0644), 0);
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(mkfifo(Path(StrCat("pipe", i)).c_str(), 0644), 0);
  }
  auto faults = FaultsOf(*Directory());
  ASSERT_THAT(faults, SizeIs(21));
  EXPECT_EQ(faults[0], "payload web: 'fifo' is a FIFO");
  EXPECT_EQ(faults[20], "payload web: and 6 more");
}

TEST_F(TreeSourceTest, AttributesThatATreeWouldLoseAreRefusedByName) {
  if (getuid() != 0) GTEST_SKIP() << "only root may label files";
  // user::rw-, user:1:r--, group::r--, mask::r--, other::r--
  Bytes acl = FromHex(StrCat("02000000", "01000600ffffffff", "0200040001000000", "04000400ffffffff",
                             "10000400ffffffff", "20000400ffffffff"))
                  .value();
  auto set = [&](const char* path, const char* attribute, ByteView value) {
    return setxattr(Path(path).c_str(), attribute, value.data(), value.size(), 0) == 0;
  };
  for (const char* name : {"acl", "labelled", "user"}) WriteFile(name, "1");
  ASSERT_TRUE(set("acl", "system.posix_acl_access", acl));
  ASSERT_TRUE(set("labelled", "security.selinux", AsBytes("u:r:t:s0")));
  ASSERT_TRUE(set("user", "user.origin", AsBytes("x")));
  auto faults = FaultsOf(*Directory());
  EXPECT_THAT(faults, ElementsAre(HasSubstr("'acl' has an access control list"),
                                  HasSubstr("'user' has the extended attribute 'user.origin'")));
  Shell("tar --xattrs --acls -C tree -cf t.tar .");
  EXPECT_THAT(FaultsOf(*Archive()), testing::UnorderedElementsAreArray(faults));
}

TEST_F(TreeSourceTest, AnArchiveGivesTheSameEntriesAsItsFolder) {
  if (getuid() != 0) GTEST_SKIP() << "the folder's owners must be those of the archive";
  MakeDirectory("d");
  WriteFile("d/file", "content");
  WriteFile("d/copy", "content");
  Link("d/file", "link");
  Symlink("../link", "d/sym");
  WriteFile("\xc3\xa9t\xc3\xa9 \xff", "names are bytes");
  WriteFile(std::string(200, 'n'), "long");
  Shell("find tree -exec touch -h -d @1600000000 {} +");
  NumberedTree folder = Number(*Directory());
  for (const char* form : {"ustar", "pax", "gnu"}) {
    Shell(StrCat("tar --format=", form, " -C tree -cf t.tar ",
                 form == std::string_view("ustar") ? "--exclude='nnn*' " : "", "."));
    NumberedTree archive = Number(*Archive());
    if (form == std::string_view("ustar")) {
      EXPECT_THAT(archive.entries, SizeIs(folder.entries.size() - 1));
      continue;
    }
    EXPECT_EQ(archive.entries, folder.entries) << form;
  }
  for (const char* filter : {"gzip", "bzip2", "xz", "zstd", "lz4"}) {
    if (std::system(StrCat("command -v ", filter, " >/dev/null").c_str()) != 0) continue;
    Shell(StrCat("tar --format=gnu --use-compress-program=", filter, " -C tree -cf t.tar ."));
    EXPECT_EQ(Number(*Archive()).entries, folder.entries) << filter;
  }
}

TEST_F(TreeSourceTest, FoldersThatAnArchiveDoesNotListAreMade) {
  MakeDirectory("a");
  MakeDirectory("a/b");
  WriteFile("a/b/c", "1");
  Shell("tar -C tree -cf t.tar a/b/c");
  NumberedTree tree = Number(*Archive());
  EXPECT_THAT(Paths(tree), ElementsAre("", "a", "a/b", "a/b/c"));
  EXPECT_EQ(tree.entries[1].mode, 0755u);
  EXPECT_EQ(tree.entries[1].owner, "root");
  EXPECT_EQ(tree.entries[1].mtime, (FileTime{7, 0}));
}

TEST_F(TreeSourceTest, APathThatComesTwiceInAnArchiveIsRefusedUnlessItIsAFolder) {
  WriteFile("a", "1");
  MakeDirectory("d");
  WriteFile("d/b", "2");
  Shell(
      "tar -C tree -cf t.tar ./a d && chmod 700 tree/d && tar -C tree -rf t.tar --no-recursion d");
  NumberedTree tree = Number(*Archive());
  EXPECT_THAT(Paths(tree), ElementsAre("", "a", "d", "d/b"));
  EXPECT_EQ(tree.entries[2].mode, 0700u) << "the last counts";
  Shell("tar -C tree -rf t.tar a && tar -C tree -rf t.tar --transform='s,a,d,' a");
  Link("a", "c");
  Shell("tar -C tree -rf t.tar --transform='s,^c$,d/b,' a c");
  EXPECT_THAT(FaultsOf(*Archive()),
              ElementsAre(HasSubstr("'a' comes twice"), HasSubstr("'d' comes twice"),
                          HasSubstr("'a' comes twice"), HasSubstr("'d/b' comes twice")));
}

TEST_F(TreeSourceTest, UnsafeArchiveEntriesAreRefusedByName) {
  WriteFile("a", "1");
  Link("a", "b");
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0644), 0);
  Shell("tar -P -C tree -cf t.tar --transform='s,^a$,/abs,' --transform='s,^b$,x/../../b,' a fifo");
  auto faults = FaultsOf(*Archive());
  EXPECT_THAT(faults,
              ElementsAre(HasSubstr("'/abs' is absolute"), HasSubstr("'fifo' is a device")));
  Shell("tar -P -C tree -cf t.tar --transform='s,^a$,x/../../a,' a");
  EXPECT_THAT(FaultsOf(*Archive()), ElementsAre(HasSubstr("'x/../../a'")));
  Shell("tar -C tree -cf t.tar a b && tar --delete -f t.tar a");
  EXPECT_THAT(FaultsOf(*Archive()), ElementsAre(HasSubstr("'b' is a hard link to 'a'")));
}

TEST_F(TreeSourceTest, WhatIsNoArchiveOrEndsEarlyIsRefused) {
  WriteFile("a", std::string(100'000, 'x'));
  Shell(
      "tar -C tree -cf t.tar . && head -c 60000 t.tar > short.tar && gzip < t.tar > t.tgz && "
      "head -c 100 t.tgz > short.tgz && : > empty.tar && echo no archive > text.tar");
  EXPECT_THAT(FaultsOf(*Archive("t.tgz")), IsEmpty());
  for (const char* name : {"short.tar", "short.tgz", "empty.tar", "text.tar", "absent.tar"}) {
    EXPECT_THAT(FaultsOf(*Archive(name)), ElementsAre(HasSubstr("cannot be read "))) << name;
  }
}

/// The whole of a tree payload, from the section of a recipe on.
class TreePayloadTest : public TreeSourceTest {
 protected:
  struct Outcome {
    PayloadContent content;
    std::vector<std::string> faults;
  };

  Outcome Collect(std::string_view keys, std::string component = "app/web",
                  std::optional<int64_t> epoch = std::nullopt) {
    std::string_view place = component == "os" ? "component = os\n" : "path = /opt/web\n";
    IniFile ini = ParseIni(StrCat("[payload web]\nsource = tree\n", place, keys));
    std::vector<Fault> faults;
    RecipeSection section(ini.sections.at(0), faults);
    auto input = FindPayloadType("tree")->read(section, folder_.path());
    CollectContext context{"web", std::move(component), epoch, [](std::string_view) {}};
    Outcome outcome{Must(input->Collect(context, faults)), {}};
    for (const Fault& fault : faults)
      outcome.faults.push_back(StrCat(fault.line, ": ", fault.message));
    return outcome;
  }
};

TEST_F(TreePayloadTest, DescribesTheTreeForTheProbe) {
  MakeDirectory("systemd");
  WriteFile("systemd/web.service", "[Service]\n");
  WriteFile("users.conf", "u web -\n");
  WriteFile("big", std::string(5000, 'b'));
  WriteFile("copy", std::string(5000, 'b'));
  Link("big", "link");
  Outcome outcome = Collect(
      "units = systemd/web.service, nginx.service\nusers = users.conf\n"
      "link = big -> /etc/big\n");
  ASSERT_THAT(outcome.faults, IsEmpty());
  auto spec = Must(format::TreeSpec::FromJson(outcome.content.spec, "app/web"));
  EXPECT_EQ(spec.path, "/opt/web");
  EXPECT_THAT(spec.units, ElementsAre("systemd/web.service", "nginx.service"));
  EXPECT_EQ(spec.users, "u web -\n");
  ASSERT_THAT(spec.links, SizeIs(1));
  EXPECT_EQ(spec.links[0].to, "/etc/big");
  EXPECT_THAT(spec.owners, ElementsAre("root"));
  EXPECT_EQ(spec.entries, 7u);
  EXPECT_EQ(spec.bytes, 2 * 4096u + 2 * 4096u + 2 * 8192u)
      << "two folders, two small files, two big";
  ASSERT_THAT(outcome.content.streams, SizeIs(2));
}

TEST_F(TreePayloadTest, WhatTheRecipeNamesMustBeInTheTree) {
  MakeDirectory("systemd");
  WriteFile("systemd/web.service", "");
  Outcome outcome = Collect("units = unit/web.service\nusers = users\nlink = a -> /b\nallow = x\n");
  EXPECT_THAT(
      outcome.faults,
      ElementsAre("4: payload web: units names 'unit/web.service', which is no file of the tree",
                  "6: payload web: link names 'a', which is no path of the tree",
                  "7: payload web: allow names 'x', which is no path of the tree",
                  "5: payload web: users names 'users', which is no file of the tree"));
}

TEST_F(TreePayloadTest, EscapingLinksAndSetuidNeedTheComponentOsOrALine) {
  Symlink("/etc/passwd", "absolute");
  Symlink("../outside", "escaping");
  WriteFile("setuid", "x");
  ASSERT_EQ(chmod(Path("setuid").c_str(), 04755), 0);
  EXPECT_THAT(Collect("").faults, ElementsAre(HasSubstr("'absolute' has an absolute link target"),
                                              HasSubstr("'escaping' has a link target outside"),
                                              HasSubstr("'setuid' has a setuid or setgid bit")));
  EXPECT_THAT(Collect("allow = absolute, setuid\n").faults, ElementsAre(HasSubstr("'escaping'")));
  EXPECT_THAT(Collect("allow = absolute, setuid, escaping\n").faults, IsEmpty());
  EXPECT_THAT(Collect("allow = **\n").faults, ElementsAre(HasSubstr("'setuid'")))
      << "a pattern allows links alone";
  EXPECT_THAT(Collect("", "os").faults, IsEmpty());
}

TEST_F(TreePayloadTest, AllLinksBelowAFolderAreAllowedByOnePattern) {
  for (const char* path : {"a", "a/b", "ab"}) MakeDirectory(path);
  Symlink("/1", "a/b/one");
  Symlink("../../2", "a/two");
  Symlink("b", "a/inner");
  Symlink("/3", "ab/three");
  WriteFile("file", "x");
  EXPECT_THAT(Collect("allow = a/**\n").faults, ElementsAre(HasSubstr("'ab/three'")));
  EXPECT_THAT(
      Collect("allow = file/**, no/**\n").faults,
      testing::Contains("4: payload web: allow names 'file/**', which is no folder of the tree"));
  Outcome outcome = Collect("allow = a/**, ab/three, a/two\n");
  ASSERT_THAT(outcome.faults, IsEmpty());
  EXPECT_THAT(Must(format::TreeSpec::FromJson(outcome.content.spec, "app/web")).allow,
              ElementsAre("a/b/one", "a/two", "ab/three"));
}

TEST_F(TreePayloadTest, NoTimeIsLaterThanSourceDateEpoch) {
  WriteFile("f", "x");
  Outcome outcome = Collect("", "app/web", kTime - 1);
  ASSERT_THAT(outcome.faults, IsEmpty());
  std::string early = ReadAll(*outcome.content.streams[0]);
  WriteFile("f", "x");
  EXPECT_EQ(ReadAll(*Collect("", "app/web", kTime - 1).content.streams[0]), early);
  EXPECT_NE(ReadAll(*Collect("").content.streams[0]), early);
}

}  // namespace
}  // namespace ignite::packager
