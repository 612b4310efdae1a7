#include "payload-format/manifest/version.h"

#include <gtest/gtest.h>

#include <span>

#include "base/process.h"
#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::Must;

/// In order; versions on one line are equal.
const std::vector<std::vector<std::string>> kOrdered = {
    {"0~~"},
    {"0~"},
    {"0", "0000", "0-0", "0:0"},
    {"0.0"},
    {"1a.0"},
    {"1.0~~"},
    {"1.0~~a"},
    {"1.0~"},
    {"1.0~beta"},
    {"1.0~beta1"},
    {"1.0~+"},
    {"1.0-~"},
    {"1.0", "1.00", "1.0-0", "01.0", "0:1.0", "1.0-00"},
    {"1.0-0a"},
    {"1.0-1~"},
    {"1.0-1", "1.0-01"},
    {"1.0-1a"},
    {"1.0-1+b"},
    {"1.0-1.1"},
    {"1.0A"},
    {"1.0a"},
    {"1.0rc1"},
    {"1.0z"},
    {"1.0+~"},
    {"1.0+"},
    {"1.0--1"},
    {"1.0-1-1"},
    {"1.0.0", "1.0.0-0", "1.0."},
    {"1.2.3.4", "1.2.03.4"},
    {"1.9"},
    {"1.10"},
    {"2"},
    {"20240101"},
    {"9999999999999999999998"},
    {"9999999999999999999999"},
    {"1:0"},
    {"1:1.0:1"},
    {"2:1.0-1"},
    {"10:0.1"},
};

/// Whether the real dpkg takes `a` and `b` for versions in this relation.
bool DpkgSays(const std::string& a, const std::string& relation, const std::string& b) {
  Outcome outcome = Must(MakeSystemProcess()->Run(
      {{"dpkg", "--compare-versions", a, relation, b}, {}, std::chrono::seconds(10)}));
  if (outcome.exit_code > 1) ADD_FAILURE() << outcome.output;
  return outcome.exit_code == 0;
}

bool DpkgIsThere() {
  return MakeSystemProcess()
      ->Run({{"dpkg", "--version"}, {}, std::chrono::seconds(10)})
      .has_value();
}

TEST(VersionTest, ComparesAsTheTableSays) {
  for (size_t i = 0; i < kOrdered.size(); ++i) {
    for (size_t j = 0; j < kOrdered.size(); ++j) {
      for (const std::string& a : kOrdered[i]) {
        for (const std::string& b : kOrdered[j]) {
          EXPECT_TRUE(CompareVersions(a, b) == (i <=> j)) << a << " and " << b;
        }
      }
    }
  }
}

TEST(VersionTest, TheTableIsWhatDpkgSays) {
  if (!DpkgIsThere()) GTEST_SKIP() << "no dpkg";
  for (size_t i = 0; i < kOrdered.size(); ++i) {
    const std::string& first = kOrdered[i][0];
    for (const std::string& equal : std::span(kOrdered[i]).subspan(1)) {
      EXPECT_TRUE(DpkgSays(first, "eq", equal)) << first << " and " << equal;
    }
    if (i + 1 == kOrdered.size()) break;
    EXPECT_TRUE(DpkgSays(first, "lt", kOrdered[i + 1][0])) << first;
  }
}

TEST(VersionTest, EveryVersionOfTheTableIsOne) {
  for (const auto& equals : kOrdered) {
    for (const std::string& version : equals) EXPECT_TRUE(IsVersion(version)) << version;
  }
  EXPECT_TRUE(IsVersion(std::string(64, '1')));
}

TEST(VersionTest, RefusesWhatDpkgRefuses) {
  const std::vector<std::string> wrong = {"",      "1-",   ":1",      "1:",   "1.0:1",
                                          "a:1",   "1:a",  "1:2-3:4", "1 0",  "1.0_1",
                                          "1.0/1", "1.0é", "1:-1",    "-1:0", "99999999999:1"};
  for (const std::string& version : wrong) EXPECT_FALSE(IsVersion(version)) << version;
  if (!DpkgIsThere()) GTEST_SKIP() << "no dpkg";
  for (const std::string& version : wrong) {
    if (version.empty()) continue;  // dpkg takes it for "no version at all"
    Outcome outcome = Must(MakeSystemProcess()->Run(
        {{"dpkg", "--validate-version", version}, {}, std::chrono::seconds(10)}));
    EXPECT_NE(outcome.exit_code, 0) << version;
  }
}

TEST(VersionTest, LooksAtNothingBehindItsEnd) {
  EXPECT_FALSE(IsVersion(std::string_view("1:2").substr(0, 2)));
}

TEST(VersionTest, RefusesMoreThanDpkgDoes) {
  for (const std::string& version :
       {std::string("v1"), std::string(".1"), std::string("~1"), std::string(65, '1'),
        std::string("1\0", 2), std::string("1\n")}) {
    EXPECT_FALSE(IsVersion(version)) << version;
  }
}

TEST(RequirementTest, ReadsComponentRelationAndVersion) {
  for (std::string_view relation : {"<", "<=", "=", ">=", ">"}) {
    for (std::string_view space : {"", " ", "   "}) {
      auto parsed = Requirement::Parse(StrCat("app/web", space, relation, space, "4.1~beta-1"));
      ASSERT_TRUE(parsed) << relation;
      EXPECT_EQ(parsed->component, "app/web");
      EXPECT_EQ(parsed->relation, relation);
      EXPECT_EQ(parsed->version, "4.1~beta-1");
      EXPECT_EQ(parsed->ToString(), StrCat("app/web ", relation, " 4.1~beta-1"));
    }
  }
}

TEST(RequirementTest, RefusesWhatIsNone) {
  for (const char* wrong :
       {"", "app/web", "app/web 4", ">= 4", "app/web >=", "app/web == 4", "app/web << 4",
        "app/web >> 4", "web >= 4", "app/web >= v4", "app/web => 4", "app/web != 4",
        "app/web >= 4 5", " app/web >= 4", "app/web >= 4 ", "app/web\n>= 4"}) {
    EXPECT_FALSE(Requirement::Parse(wrong)) << wrong;
  }
}

TEST(RequirementTest, HoldsAsItsRelationSays) {
  auto holds = [](const char* relation, const char* installed) {
    return Requirement{"os", relation, "1.10"}.HoldsFor(installed);
  };
  struct {
    const char* relation;
    bool below, same, above;
  } const kRelations[] = {{"<", true, false, false},
                          {"<=", true, true, false},
                          {"=", false, true, false},
                          {">=", false, true, true},
                          {">", false, false, true}};
  for (const auto& r : kRelations) {
    EXPECT_EQ(holds(r.relation, "1.9"), r.below) << r.relation;
    EXPECT_EQ(holds(r.relation, "1.10-0"), r.same) << r.relation;
    EXPECT_EQ(holds(r.relation, "1.11"), r.above) << r.relation;
  }
}

TEST(NameTest, IsALetterDigitOrUnderscoreAndThenALittleMore) {
  for (const char* name : {"a", "netprobe-x86_64", "A.b", "0", "_x"})
    EXPECT_TRUE(IsName(name)) << name;
  for (const char* wrong : {"", ".", "..", ".a", "-a", "a/b", "a b", "a\n", "é"})
    EXPECT_FALSE(IsName(wrong)) << wrong;
  EXPECT_TRUE(IsName(std::string(64, 'a')));
  EXPECT_FALSE(IsName(std::string(65, 'a')));
}

TEST(ComponentTest, IsOneOfTheFiveForms) {
  for (const char* name : {"os", "licence", "app/web", "data/main", "config/probe"})
    EXPECT_TRUE(IsComponent(name));
  for (const char* wrong :
       {"", "app", "app/", "app/..", "app/a/b", "/os", "os/", "web", "App/web", "app/ web"}) {
    EXPECT_FALSE(IsComponent(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace ignite::format
