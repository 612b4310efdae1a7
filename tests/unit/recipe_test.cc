#include "packager/recipe.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/str_cat.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::packager {
namespace {

using fakes::FailsWith;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view kBundle =
    "[bundle]\n"
    "kind = service-pack\n"
    "product = netprobe\n"
    "version = 4.2.1\n"
    "counter = 40201\n"
    "epoch = 1\n"
    "compatible = netprobe-x86_64\n";

constexpr std::string_view kPayload =
    "[payload web]\n"
    "type = tree\n"
    "component = app/web\n"
    "source = tree\n"
    "path = /opt/web\n";

class RecipeTest : public testing::Test {
 protected:
  RecipeTest() { std::filesystem::create_directory(folder_ / "tree"); }

  void Write(std::string_view name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
  }
  Result<Recipe> Parse(std::string_view text) { return ParseRecipe(text, "r", folder_.path()); }

  /// The faults without "r:", one for each line of the error.
  std::vector<std::string> Faults(std::string_view text) {
    auto recipe = Parse(text);
    if (recipe) return {};
    EXPECT_EQ(recipe.error().code, ErrorCode::kInvalidArgument);
    std::vector<std::string> faults;
    for (std::string& line : SplitLines(recipe.error().cause)) faults.push_back(line.substr(2));
    return faults;
  }

  static std::vector<std::string> SplitLines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  fakes::TemporaryDirectory folder_;
};

TEST_F(RecipeTest, NotesThatAreMissingAreNamedWithoutControlCharacters) {
  auto faults = Faults(StrCat(kBundle, "notes = \x1b[2J.md\n", kPayload));
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_THAT(faults[0], HasSubstr("\\x1b[2J.md: No such file"));
}

TEST_F(RecipeTest, APayloadMaySayWhatDataItReads) {
  Recipe recipe =
      Must(Parse(StrCat(kBundle, kPayload, "reads = data/main 17..20, data/log 3 ; both\n")));
  ASSERT_THAT(recipe.payloads.at(0).reads, SizeIs(2));
  EXPECT_EQ(recipe.payloads[0].reads[0].ToString(), "data/main 17..20");
  EXPECT_EQ(recipe.payloads[0].reads[1].ToString(), "data/log 3");
  EXPECT_THAT(Faults(StrCat(kBundle, kPayload, "reads = data/main 20..17, data/a 1, data/a 2\n")),
              ElementsAre(HasSubstr("13: 'data/main 20..17' is no range of versions of data"),
                          HasSubstr("13: 'data/a' stands there twice")));
  EXPECT_THAT(Faults(StrCat(kBundle,
                            "[payload schema]\ntype = tree\ncomponent = data/main\nsource = "
                            "tree\npath = /opt/web\nreads = data/log 3\n")),
              ElementsAre(HasSubstr("10: a tree cannot be of the component 'data/main'"),
                          HasSubstr("13: data reads no other data")));
}

TEST_F(RecipeTest, ReadsEveryKeyOfTheBundle) {
  Write("notes.md", "News\n");
  Write("notes.fr.md", "Nouvelles\n");
  Write("notes.de.md", "Neues\n");
  Write("notes.draft.md", "not a language\n");
  Write("notes.FR.md", "neither\n");
  Recipe recipe = Must(Parse(StrCat(kBundle,
                                    "channel = stable ; a comment\n"
                                    "requires = app/web >= 4.1, data/main >= 17\n"
                                    "notes = notes.md\n",
                                    kPayload)));
  const format::Manifest& manifest = recipe.manifest;
  EXPECT_EQ(manifest.kind, format::Kind::kServicePack);
  EXPECT_EQ(manifest.product, "netprobe");
  EXPECT_EQ(manifest.version, "4.2.1");
  EXPECT_EQ(manifest.counter, 40201u);
  EXPECT_EQ(manifest.epoch, 1u);
  EXPECT_EQ(manifest.compatible, "netprobe-x86_64");
  EXPECT_EQ(manifest.channel, "stable");
  ASSERT_THAT(manifest.requirements, SizeIs(2));
  EXPECT_EQ(manifest.requirements[1].ToString(), "data/main >= 17");
  ASSERT_THAT(manifest.notes, SizeIs(3));
  EXPECT_EQ(manifest.notes[0].language + manifest.notes[1].language + manifest.notes[2].language,
            "endefr");
  EXPECT_EQ(manifest.notes[2].text, "Nouvelles\n");
}

TEST_F(RecipeTest, APayloadWithoutVersionHasTheBundles) {
  Recipe recipe = Must(Parse(StrCat(kBundle, kPayload,
                                    "[payload api]\ntype = tree\ncomponent = app/api\n"
                                    "version = 2.0\nsource = tree\npath = /opt/api\n")));
  ASSERT_THAT(recipe.payloads, SizeIs(2));
  EXPECT_EQ(recipe.payloads[0].name, "web");
  EXPECT_EQ(recipe.payloads[0].version, "");
  EXPECT_EQ(recipe.payloads[1].version, "2.0");
  EXPECT_EQ(recipe.payloads[1].input->Places().front().path, "/opt/api/current");
}

TEST_F(RecipeTest, ReadsHealthChecks) {
  Recipe recipe = Must(Parse(StrCat(kBundle, kPayload,
                                    "[health web]\ntype = http\nurl = http://127.0.0.1/x\n"
                                    "[health port]\ntype = tcp\naddress = [::1]:80 ; IPv6\n"
                                    "timeout = 500ms\n")));
  const auto& health = recipe.manifest.health;
  ASSERT_THAT(health, SizeIs(2));
  EXPECT_EQ(health[0].timeout_ms, 30'000);
  EXPECT_EQ(*health[0].spec.Find("url")->AsString(), "http://127.0.0.1/x");
  EXPECT_EQ(health[1].timeout_ms, 500);
  EXPECT_EQ(*health[1].spec.Find("address")->AsString(), "[::1]:80");
}

TEST_F(RecipeTest, EveryRequiredKeyIsMissedByName) {
  auto faults = Faults("[bundle]\nchannel = stable\n");
  ASSERT_THAT(faults, SizeIs(6));
  const char* keys[] = {"kind", "product", "version", "counter", "epoch", "compatible"};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_THAT(faults[i], HasSubstr(StrCat("1: [bundle] has no '", keys[i], "'")));
  }
  EXPECT_THAT(Faults(kPayload), ElementsAre(HasSubstr("no section [bundle]")));
  EXPECT_THAT(Faults(kBundle), ElementsAre(HasSubstr("no payload")));
}

TEST_F(RecipeTest, AllFaultsOfAFileAreToldAtOnceWithTheirLines) {
  auto faults = Faults(
      "[bundle]\n"
      "kind = servicepack\n"
      "product = net probe\n"
      "version = v4\n"
      "counter = 9007199254740992\n"
      "epoch = 4294967296\n"
      "compatible = -x\n"
      "requires = web > 1\n"
      "[payload a/b]\n"
      "type = tree\n"
      "component = web\n"
      "source = absent\n"
      "path = opt\n"
      "units = web.txt\n"
      "link = a b\n"
      "allow = ../x\n"
      "users = /etc/users\n"
      "[health h]\n"
      "type = http\n"
      "url = ftp://x\n"
      "timeout = 0\n");
  const char* expected[] = {"2: the kind 'servicepack'",
                            "3: product 'net probe'",
                            "4: 'v4'",
                            "5: counter '9007199254740992'",
                            "6: epoch '4294967296'",
                            "7: compatible '-x'",
                            "8: 'web > 1'",
                            "9: 'a/b'",
                            "11: 'web'",
                            "12: there is no ",
                            "13: 'opt'",
                            "14: 'web.txt'",
                            "15: 'a b'",
                            "16: '../x'",
                            "17: '/etc/users'",
                            "20: 'url'",
                            "21: '0'"};
  ASSERT_THAT(faults, SizeIs(std::size(expected)));
  for (size_t i = 0; i < faults.size(); ++i) EXPECT_THAT(faults[i], HasSubstr(expected[i]));
  EXPECT_THAT(faults[0], HasSubstr("did you mean 'service-pack'?"));
}

TEST_F(RecipeTest, UnknownSectionsKeysAndTypesNameTheNearest) {
  auto faults = Faults(StrCat(kBundle, "verson = 1\n", kPayload, "sauce = x\n", "[helth web]\n",
                              "[health]\ntype = htp\n",
                              "[payload p]\ntype = orders\ncomponent = data/main\n"));
  EXPECT_THAT(
      faults,
      ElementsAre(HasSubstr("8: unknown key 'verson' (did you mean 'version'?)"),
                  HasSubstr("14: unknown key 'sauce' (did you mean 'source'?)"),
                  HasSubstr("15: unknown section [helth web] (did you mean 'health'?)"),
                  HasSubstr("16: the section [health] has no name"),
                  HasSubstr("17: this version of ignite-pack knows no health check"),
                  HasSubstr("19: this version of ignite-pack knows no payload type "
                            "'orders' (known are tree, config, migrations, image, licence)")));
}

TEST_F(RecipeTest, NamesComponentsAndPathsAreUsedOnce) {
  std::string second = StrCat("[payload  web]\n", kPayload.substr(kPayload.find('\n') + 1));
  EXPECT_THAT(
      Faults(StrCat(kBundle, kPayload, second)),
      ElementsAre(HasSubstr("13: the payload 'web' is used twice, first on line 8"),
                  HasSubstr("15: the component 'app/web' is used twice"),
                  HasSubstr("17: '/opt/web/current' and '/opt/web/current' of 'web' are"),
                  HasSubstr("17: '/opt/web/releases' and '/opt/web/releases' of 'web' are")));
}

TEST_F(RecipeTest, TheOperatingSystemMayComeInBothForms) {
  Write("image", "x");
  std::string image = "[payload system]\ntype = image\ncomponent = os\nsource = image\n";
  std::string tree = "[payload files]\ntype = tree\ncomponent = os\nsource = tree\n";
  EXPECT_THAT(Faults(StrCat(kBundle, image, tree)), testing::IsEmpty());
  EXPECT_THAT(Faults(StrCat(kBundle, tree, "version = 4.2.1\n", image)), testing::IsEmpty())
      << "as the bundle's";
  EXPECT_THAT(
      Faults(StrCat(kBundle, tree, image, "version = 5\n")),
      ElementsAre(HasSubstr("16: the payloads 'files' and 'system' have the operating system "
                            "in the versions '4.2.1' and '5'")));
  EXPECT_THAT(
      Faults(StrCat(kBundle, image, tree, "reads = data/main 17\n")),
      ElementsAre(HasSubstr("16: the payloads 'system' and 'files' have the operating system, "
                            "and read different data")));
  std::string more = tree;
  more.replace(more.find("files"), 5, "again");
  EXPECT_THAT(Faults(StrCat(kBundle, tree, more)),
              ElementsAre(HasSubstr("14: the component 'os' is used twice, first on line 10")));
}

TEST_F(RecipeTest, TheTreeOfAnOperatingSystemHasNoPlace) {
  EXPECT_THAT(Faults(StrCat(kBundle,
                            "[payload system]\ntype = tree\ncomponent = os\nsource = tree\n"
                            "path = /\nunits = a.service\nlink = a -> /b\nusers = a\nallow = a\n")),
              ElementsAre(HasSubstr("12: the operating system has no 'path'"),
                          HasSubstr("13: the operating system has no 'units'"),
                          HasSubstr("14: the operating system has no 'link'"),
                          HasSubstr("15: the operating system has no 'users'"),
                          HasSubstr("16: the operating system has no 'allow'")));
}

TEST_F(RecipeTest, AKindThatCannotBeBuiltYetIsRefusedClearly) {
  std::string text(kBundle);
  text.replace(text.find("service-pack"), 12, "order");
  EXPECT_THAT(Faults(text), ElementsAre(HasSubstr("cannot build bundles of the kind order")));
}

TEST_F(RecipeTest, APayloadMustBelongToTheKindOfTheBundle) {
  std::string licence(kBundle);
  licence.replace(licence.find("service-pack"), 12, "licence");
  EXPECT_THAT(Faults(StrCat(licence, kPayload)),
              ElementsAre(HasSubstr("payloads of the type tree do not belong to the kind licence "
                                    "(such a bundle takes: licence)")));
  EXPECT_THAT(Faults(StrCat(kBundle,
                            "[payload licence]\ntype = licence\ncomponent = licence\n"
                            "identity = absent.pub\ncustomer = A\n")),
              testing::Contains(HasSubstr(
                  "9: payloads of the type licence do not belong to the "
                  "kind service-pack (such a bundle takes: tree, config, migrations, image)")));
}

TEST_F(RecipeTest, ACommandOrUrlThatACommentCutIsAFault) {
  std::string head = StrCat(kBundle, kPayload, "[health h]\n");
  EXPECT_THAT(Faults(StrCat(head, "type = command\ncommand = cd /x ; ls\n")),
              ElementsAre(HasSubstr("15: 'command' ends at ' ;'")));
  EXPECT_THAT(Faults(StrCat(head, "type = http\nurl = http://x/ ; y\n")),
              ElementsAre(HasSubstr("15: 'url' ends at ' ;'")));
  EXPECT_THAT(Faults(StrCat(head, "type = command ; fine here\ncommand = cd /x; ls\n")),
              testing::IsEmpty());
}

TEST_F(RecipeTest, NotesMustBeThereBeTextAndBeSmall) {
  auto with_notes = [&](const char* name) {
    return Faults(StrCat(kBundle, "notes = ", name, "\n", kPayload));
  };
  Write("latin1.md", "\xe9t\xe9");
  Write("large.md", std::string(kMaxNoteSize + 1, 'x'));
  Write("twice.md", "a");
  Write("twice.en.md", "b");
  EXPECT_THAT(with_notes("absent.md"), ElementsAre(HasSubstr("absent.md")));
  EXPECT_THAT(with_notes("latin1.md"), ElementsAre(HasSubstr("is no UTF-8 text")));
  EXPECT_THAT(with_notes("large.md"), ElementsAre(HasSubstr("larger than 65536 bytes")));
  EXPECT_THAT(with_notes("twice.md"), ElementsAre(HasSubstr("second English text")));
}

TEST_F(RecipeTest, ALinkGoesFromATreePathToAProbePath) {
  std::string head = StrCat(kBundle, kPayload);
  EXPECT_THAT(Faults(StrCat(head, "link = nginx/web.conf -> /etc/nginx/web.conf, a->/b\n")),
              testing::IsEmpty());
  EXPECT_THAT(Faults(StrCat(head, "link = a -> /x, b -> /x, /c -> /y, d -> e, f\n")), SizeIs(4));
}

TEST_F(RecipeTest, AFileThatIsNotThereIsAFault) {
  EXPECT_THAT(ReadRecipe(folder_ / "absent.ini"),
              FailsWith(ErrorCode::kInvalidArgument, "absent.ini"));
}

TEST_F(RecipeTest, PathsGoFromTheRecipesFolder) {
  Write("r.ini", StrCat(kBundle, kPayload));
  EXPECT_THAT(ReadRecipe(folder_ / "r.ini"), fakes::Succeeds());
}

}  // namespace
}  // namespace ignite::packager
