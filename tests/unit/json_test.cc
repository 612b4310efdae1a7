#include "base/json.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using testing::ElementsAre;
using testing::IsEmpty;

void ExpectRefused(std::string_view text) {
  EXPECT_THAT(Json::ParseStrict(text), FailsWith(ErrorCode::kCorrupt)) << text;
}

TEST(JsonTest, ReadsEveryKindOfValue) {
  Json json =
      Must(Json::ParseStrict(R"({"a":null,"b":true,"c":-7,"d":"\u00e9\n","e":[1,[]],"f":{}})"));
  EXPECT_TRUE(json.Find("a")->IsNull());
  EXPECT_TRUE(*json.Find("b")->AsBool());
  EXPECT_EQ(*json.Find("c")->AsInteger(), -7);
  EXPECT_EQ(*json.Find("d")->AsString(), "é\n");
  EXPECT_EQ(json.Find("e")->AsArray()->size(), 2u);
  EXPECT_TRUE(json.Find("f")->AsObject()->empty());
  EXPECT_EQ(json.Find("g"), nullptr);
  EXPECT_EQ(json.Find("e")->Find("a"), nullptr) << "a list has no members";
}

TEST(JsonTest, DumpKeepsTheOrderOfTheKeysSoThatEqualValuesGiveEqualBytes) {
  const std::string text = R"({"z":1,"a":[true,null],"m":{"b":"x","a":"\\\""}})";
  Json json = Must(Json::ParseStrict(text));
  EXPECT_EQ(json.Dump(), text);
  EXPECT_EQ(Must(Json::ParseStrict(json.Dump(true))), json);
}

TEST(JsonTest, DumpReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(Json("a\xff").Dump(), "\"a\xEF\xBF\xBD\"");
}

TEST(JsonTest, RefusesAKeyThatStandsTwice) {
  ExpectRefused(R"({"a":1,"a":1})");
  ExpectRefused(R"({"x":{"a":1,"\u0061":2}})");
}

TEST(JsonTest, RefusesFloatingPointNumbers) {
  for (const char* number : {"1.0", "1e3", "1E-1", "-0.5", "18446744073709551616"})
    ExpectRefused(number);
}

TEST(JsonTest, RefusesIntegersBeyondTwoToTheFiftyThird) {
  EXPECT_EQ(*Must(Json::ParseStrict("9007199254740991")).AsInteger(), Json::kMaxInteger);
  EXPECT_EQ(*Must(Json::ParseStrict("-9007199254740991")).AsInteger(), -Json::kMaxInteger);
  ExpectRefused("9007199254740992");
  ExpectRefused("-9007199254740992");
}

TEST(JsonTest, RefusesMoreThanEightLevels) {
  auto nested = [](int levels) {
    return std::string(static_cast<size_t>(levels), '[') +
           std::string(static_cast<size_t>(levels), ']');
  };
  EXPECT_THAT(Json::ParseStrict(nested(8)), Succeeds());
  ExpectRefused(nested(9));
  ExpectRefused(nested(100'000));
  ExpectRefused(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}})");
}

TEST(JsonTest, RefusesTextThatIsNotUtf8) {
  ExpectRefused("\"\xff\"");
  ExpectRefused("\"\xc3\"");
  ExpectRefused("\"\xed\xa0\x80\"");
  ExpectRefused(R"("\ud800")");
}

TEST(JsonTest, RefusesAnythingBehindTheDocument) {
  for (const char* text : {"{} {}", "{}x", "1 2", "{},", "null/**/"}) ExpectRefused(text);
  EXPECT_THAT(Json::ParseStrict(" {} \n"), Succeeds());
}

TEST(JsonTest, RefusesANulByteAndWhatStandsBehindIt) {
  ExpectRefused(std::string_view("{}\0", 3));
  ExpectRefused(std::string_view("{}\0{\"evil\":1}", 13));
  ExpectRefused(std::string_view("\0{}", 3));
}

TEST(JsonTest, RefusesAByteOrderMark) { ExpectRefused("\xEF\xBB\xBF{}"); }

TEST(JsonTest, RefusesWhatOnlyOtherParsersTake) {
  for (const char* text :
       {"", " ", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "{a:1}", "NaN", "Infinity", "01", "+1",
        "// x\n1", "/* */1", "\"\t\"", "True", "\"\\x41\""}) {
    ExpectRefused(text);
  }
}

TEST(JsonTest, NamesTheFaultAndItsPlace) {
  EXPECT_THAT(Json::ParseStrict(R"({"a":1,"a":2})"), FailsWith(ErrorCode::kCorrupt, "\"a\" twice"));
  EXPECT_THAT(Json::ParseStrict(R"({"a":})"), FailsWith(ErrorCode::kCorrupt, "at byte 6"));
}

class JsonFieldsTest : public testing::Test {
 protected:
  Json json_ = Must(
      Json::ParseStrict(R"({"text":"t","number":5,"list":["a","b"],"mixed":["a",1],"x-note":[]})"));
  JsonFields fields_{json_, "thing"};

  void TakeAll() {
    (void)fields_.Optional("text");
    (void)fields_.Optional("number");
    (void)fields_.Optional("list");
    (void)fields_.Optional("mixed");
  }
};

TEST_F(JsonFieldsTest, GivesTheMembersByType) {
  TakeAll();
  EXPECT_EQ(fields_.String("text"), "t");
  EXPECT_EQ(fields_.Integer("number", 0, 5), 5);
  EXPECT_THAT(fields_.Strings("list"), ElementsAre("a", "b"));
  EXPECT_EQ(fields_.Array("list").size(), 2u);
  EXPECT_THAT(fields_.Strings("absent"), IsEmpty());
  EXPECT_EQ(fields_.String("absent", "fallback"), "fallback");
  EXPECT_EQ(fields_.Integer("absent", 0, 1, 7), 7);
  EXPECT_THAT(fields_.Finish(), Succeeds()) << "x-note is for people";
}

TEST_F(JsonFieldsTest, RefusesAKeyThatNobodyAskedFor) {
  (void)fields_.String("text");
  (void)fields_.Integer("number", 0, 9);
  (void)fields_.Strings("list");
  EXPECT_THAT(fields_.Finish(),
              FailsWith(ErrorCode::kCorrupt, "thing: the key \"mixed\" is unknown"));
}

TEST_F(JsonFieldsTest, RefusesAMissingMember) {
  TakeAll();
  (void)fields_.String("absent");
  EXPECT_THAT(fields_.Finish(), FailsWith(ErrorCode::kCorrupt, "\"absent\" is missing"));
}

TEST_F(JsonFieldsTest, RefusesAMemberOfAnotherTypeEvenWhereItHasAFallback) {
  TakeAll();
  EXPECT_EQ(fields_.String("number", "fallback"), "");
  EXPECT_THAT(fields_.Finish(), FailsWith(ErrorCode::kCorrupt, "\"number\" is no string"));
}

TEST_F(JsonFieldsTest, RefusesAnIntegerOutOfItsRange) {
  TakeAll();
  EXPECT_EQ(fields_.Integer("number", 6, 9), 6);
  EXPECT_THAT(fields_.Finish(), FailsWith(ErrorCode::kCorrupt, "no integer from 6 to 9"));
}

TEST_F(JsonFieldsTest, RefusesAListThatHoldsSomethingElse) {
  TakeAll();
  (void)fields_.Strings("mixed");
  EXPECT_THAT(fields_.Finish(),
              FailsWith(ErrorCode::kCorrupt, "\"mixed\" holds something that is no string"));
}

TEST_F(JsonFieldsTest, KeepsTheFirstFault) {
  TakeAll();
  fields_.Fault("text", "is odd");
  fields_.Fault("number", "is even");
  EXPECT_THAT(fields_.Finish(), FailsWith(ErrorCode::kCorrupt, "thing: \"text\" is odd"));
}

TEST(JsonFieldsTypeTest, RefusesWhatIsNoObject) {
  Json list = Json::EmptyArray();
  JsonFields fields(list, "thing");
  EXPECT_EQ(fields.String("a", "x"), "x");
  EXPECT_THAT(fields.Finish(), FailsWith(ErrorCode::kCorrupt, "thing is no object"));
}

TEST(JsonTest, TooManyValuesAreRefused) {
  auto list = [](int count) {
    std::string text = "[0";
    for (int i = 1; i < count; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_TRUE(Json::ParseStrict(list(Json::kMaxValues - 1)));
  EXPECT_FALSE(Json::ParseStrict(list(Json::kMaxValues)));
  EXPECT_TRUE(Json::ParseStored(list(10 * Json::kMaxValues)));
}

TEST(JsonTest, AStoredDocumentMayHoldAStrictOneSomeLevelsDown) {
  std::string strict(8, '[');
  strict += std::string(8, ']');
  EXPECT_TRUE(Json::ParseStrict(strict));
  EXPECT_FALSE(Json::ParseStrict("[" + strict + "]"));
  EXPECT_TRUE(Json::ParseStored("[[[" + strict + "]]]"));
}

}  // namespace
}  // namespace ignite
