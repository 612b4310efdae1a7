#include "base/ini.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "LINE: MESSAGE" for every fault.
std::vector<std::string> Faults(std::string_view text) {
  std::vector<std::string> lines;
  for (const Fault& fault : ParseIni(text).faults)
    lines.push_back(StrCat(fault.line, ": ", fault.message));
  return lines;
}

const IniEntry& Only(const IniFile& file) { return file.sections.at(0).entries.at(0); }

TEST(IniTest, EveryEntryKnowsItsLine) {
  IniFile file = ParseIni(
      "; comment\n\n[bundle]\nkind = product\n# more\nversion=4.2.1\n[payload web]\n type = "
      "tree\n");
  EXPECT_THAT(file.faults, IsEmpty());
  ASSERT_EQ(file.sections.size(), 2u);
  EXPECT_EQ(file.sections[0].line, 3);
  EXPECT_EQ(file.Find("bundle")->Find("kind")->line, 4);
  EXPECT_EQ(file.Find("bundle")->Find("version")->line, 6);
  EXPECT_EQ(file.Find("bundle")->Find("version")->value, "4.2.1");
  EXPECT_EQ(file.Find("payload web")->Find("type")->line, 8) << "an indented first key is a key";
  EXPECT_EQ(file.Find("bundle")->Find("absent"), nullptr);
  EXPECT_EQ(file.Find("absent"), nullptr);
}

TEST(IniTest, RefusesALineThatInihWouldSplit) {
  std::string longest = StrCat("[s]\nk = ", std::string(194, 'v'), "\n");
  EXPECT_THAT(Faults(longest), IsEmpty());
  EXPECT_EQ(Only(ParseIni(longest)).value, std::string(194, 'v'));
  std::string too_long = StrCat("[s]\nk = ", std::string(195, 'v'), "\nl = 1\n");
  EXPECT_THAT(Faults(too_long), ElementsAre("2: the line is longer than 198 bytes"));
  EXPECT_EQ(ParseIni(too_long).sections[0].Find("l")->line, 3) << "the next line is read as usual";
  std::string hidden = StrCat("[s]\nk = ", std::string(195, 'v'), " evil = 1\n");
  EXPECT_EQ(ParseIni(hidden).sections[0].Find("evil"), nullptr);
}

TEST(IniTest, SaysThatAValueLostItsTailToAComment) {
  IniFile file = ParseIni("[s]\na = one ; two\nb = one;two\nc = one\t; two\nd = one # two\n");
  const IniSection& section = file.sections[0];
  EXPECT_EQ(section.Find("a")->value, "one");
  EXPECT_TRUE(section.Find("a")->cut_by_comment);
  EXPECT_EQ(section.Find("b")->value, "one;two");
  EXPECT_FALSE(section.Find("b")->cut_by_comment);
  EXPECT_EQ(section.Find("c")->value, "one");
  EXPECT_TRUE(section.Find("c")->cut_by_comment);
  EXPECT_EQ(section.Find("d")->value, "one # two");
  EXPECT_FALSE(section.Find("d")->cut_by_comment);
}

TEST(IniTest, AnIndentedLineContinuesTheValue) {
  IniFile file = ParseIni("[s]\nlist = a,\n  b\n\tc = d\nnext = 1\n");
  EXPECT_THAT(file.faults, IsEmpty());
  EXPECT_EQ(Only(file).value, "a,\nb\nc = d");
  EXPECT_EQ(Only(file).line, 2);
  EXPECT_THAT(SplitList(Only(file).value), ElementsAre("a", "b", "c = d"));
  EXPECT_EQ(file.sections[0].Find("next")->line, 5);
}

TEST(IniTest, ACommentBehindAContinuationIsCutAndSaidSo) {
  IniFile file = ParseIni("[s]\nlist = a,\n  b ; not c\n");
  EXPECT_EQ(Only(file).value, "a,\nb");
  EXPECT_TRUE(Only(file).cut_by_comment);
}

TEST(IniTest, ReportsDuplicateKeysAndSectionsWithBothLines) {
  EXPECT_THAT(Faults("[s]\na = 1\na = 2\n[t]\na = 3\n[s]\n"),
              ElementsAre("3: 'a' stands twice in this section, first on line 2",
                          "6: section [s] stands twice, first on line 1"));
}

TEST(IniTest, AFaultShowsNoControlCharacterOfTheFile) {
  EXPECT_THAT(Faults("\x1b[2Jk = 1\n[s\x1b]\n\x9bk = 1\n\x9bk = 1\n[s\x1b]\n"),
              ElementsAre("1: '\\x1b[2Jk' stands before the first [section]",
                          "4: '\\x9bk' stands twice in this section, first on line 3",
                          "5: section [s\\x1b] stands twice, first on line 2"));
}

TEST(IniTest, ReportsEveryMalformedLine) {
  EXPECT_THAT(Faults("[s]\nno delimiter\na = 1\n[open\nb = 2\nalso none\n"),
              ElementsAre("2: the line is neither a [section] nor 'key = value'",
                          "4: the line is neither a [section] nor 'key = value'",
                          "6: the line is neither a [section] nor 'key = value'"));
}

TEST(IniTest, ReportsAKeyOrASectionWithoutAName) {
  EXPECT_THAT(Faults("[s]\n= 1\n"), ElementsAre("2: the key has no name"));
  EXPECT_THAT(Faults("[]\na = 1\n"), ElementsAre("1: the section has no name"));
}

TEST(IniTest, ReportsTextBehindASection) {
  EXPECT_THAT(Faults("[s] a = 1\n"), ElementsAre("1: there is more behind the [section]"));
  EXPECT_THAT(Faults("[s] ; a comment\n[t]\t# another\n"), IsEmpty());
}

TEST(IniTest, AnIndentedSectionIsAFaultAndNotAContinuation) {
  EXPECT_THAT(Faults("[s]\na = 1\n  [t]\nb = 1\n"),
              ElementsAre("3: a [section] must stand at the start of its line"));
  EXPECT_THAT(Faults("  [t]\n"), ElementsAre("1: a [section] must stand at the start of its line"));
}

TEST(IniTest, ReportsAKeyBeforeTheFirstSection) {
  EXPECT_THAT(Faults("a = 1\n[s]\n"), ElementsAre("1: 'a' stands before the first [section]"));
}

TEST(IniTest, PassesOverAByteOrderMark) {
  IniFile file = ParseIni("\xEF\xBB\xBF[s]\na = 1\n");
  EXPECT_THAT(file.faults, IsEmpty());
  EXPECT_EQ(file.Find("s")->Find("a")->value, "1");
}

TEST(IniTest, RefusesNulBytes) {
  EXPECT_THAT(Faults(std::string_view("[s]\na = 1\0b\nc = 2\n", 17)),
              ElementsAre("2: the line holds a NUL byte"));
}

TEST(IniTest, TakesCarriageReturnsBeforeLineEnds) {
  IniFile file = ParseIni("[s]\r\na = 1\r\n\r\nb = 2, \r\n  3\r\n");
  EXPECT_THAT(file.faults, IsEmpty());
  EXPECT_EQ(file.Find("s")->Find("a")->value, "1");
  EXPECT_THAT(SplitList(file.Find("s")->Find("b")->value), ElementsAre("2", "3"));
}

TEST(IniTest, TakesALastLineWithoutALineEnd) { EXPECT_EQ(Only(ParseIni("[s]\na = 1")).value, "1"); }

TEST(IniTest, AnEmptyFileHasNothingWrong) {
  EXPECT_THAT(ParseIni("").sections, IsEmpty());
  EXPECT_THAT(Faults("\n\n ; only\n# comments\n"), IsEmpty());
}

TEST(IniTest, JoinsAllFaultsIntoOneErrorInTheOrderOfTheLines) {
  Error error = FaultsToError("r.ini", {{3, "b", "do c"}, {0, "whole", ""}, {1, "a", ""}});
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.cause, "r.ini: whole\nr.ini:1: a\nr.ini:3: b (do c)");
}

TEST(SplitListTest, TrimsElementsAndDropsEmptyOnes) {
  EXPECT_THAT(SplitList(" a b , c\n,\n, d,"), ElementsAre("a b", "c", "d"));
  EXPECT_THAT(SplitList(""), IsEmpty());
  EXPECT_THAT(SplitList(" ,\n, "), IsEmpty());
}

TEST(NearestWordTest, FindsATypingErrorButNoDistantWord) {
  std::vector<std::string_view> known = {"version", "component", "path"};
  EXPECT_EQ(NearestWord("verson", known), "version");
  EXPECT_EQ(NearestWord("Component", known), "component");
  EXPECT_FALSE(NearestWord("banana", known));
  EXPECT_FALSE(NearestWord("x", {}));
  EXPECT_EQ(SuggestWord("pth", known), "did you mean 'path'?");
  EXPECT_EQ(SuggestWord("banana", known), "known are version, component, path");
}

TEST(DurationTest, TakesAWholeNumberAndAUnit) {
  EXPECT_EQ(ParseDuration("30s"), 30'000);
  EXPECT_EQ(ParseDuration("30"), 30'000);
  EXPECT_EQ(ParseDuration("500ms"), 500);
  EXPECT_EQ(ParseDuration("5 m"), 300'000);
  EXPECT_EQ(ParseDuration("2h"), 7'200'000);
  EXPECT_EQ(ParseDuration("0s"), 0);
  for (const char* wrong :
       {"", "s", "-1s", "1.5s", "1d", "1s1s", "99999999999999999999s", "1000000001", " 1s"}) {
    EXPECT_FALSE(ParseDuration(wrong)) << wrong;
  }
}

TEST(NumberTest, TakesDigitsAndNothingElse) {
  EXPECT_EQ(ParseNumber("18446744073709551615"), UINT64_MAX);
  for (const char* wrong : {"", "-1", "+1", "1 ", " 1", "0x1", "1.0", "18446744073709551616"}) {
    EXPECT_FALSE(ParseNumber(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace ignite
