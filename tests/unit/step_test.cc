#include "payload-format/steps/step.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const StepSuffixes kPrograms = {""};
const StepSuffixes kSql = {".sql"};
const StepSuffixes kBoth = {"", ".sql"};

std::vector<std::string> FaultsOf(const std::vector<std::string>& names,
                                  const StepSuffixes& suffixes) {
  std::vector<StepFault> faults;
  (void)FindSteps(names, suffixes, faults);
  std::vector<std::string> texts;
  for (const StepFault& fault : faults) {
    EXPECT_FALSE(fault.remedy.empty());
    texts.push_back(StrCat(fault.file, " ", fault.what));
  }
  return texts;
}

std::vector<Step> Good(const std::vector<std::string>& names, const StepSuffixes& suffixes) {
  std::vector<StepFault> faults;
  auto steps = FindSteps(names, suffixes, faults);
  EXPECT_THAT(faults, IsEmpty());
  return steps;
}

TEST(StepTest, StepsComeInTheOrderOfTheirNumbers) {
  auto steps = Good({"10_c.up", "2_b.down", "2_b.up", "007_a.b-c_d.up"}, kPrograms);
  EXPECT_THAT(steps,
              ElementsAre(Step{2, "b", "2_b.up", "2_b.down"},
                          Step{7, "a.b-c_d", "007_a.b-c_d.up", ""}, Step{10, "c", "10_c.up", ""}));
  EXPECT_EQ(LastNumber(steps), 10u);
  EXPECT_EQ(LastNumber({}), 0u);
}

TEST(StepTest, TheSuffixBelongsToTheType) {
  EXPECT_THAT(Good({"1_a.up.sql", "1_a.down.sql"}, kSql),
              ElementsAre(Step{1, "a", "1_a.up.sql", "1_a.down.sql"}));
  EXPECT_THAT(Good({"1_a.up.sql", "1_a.down.sql", "2_b.up"}, kBoth),
              ElementsAre(Step{1, "a", "1_a.up.sql", "1_a.down.sql"}, Step{2, "b", "2_b.up", ""}));
  EXPECT_THAT(FaultsOf({"1_a.up.sql"}, kPrograms), ElementsAre("1_a.up.sql is no step"));
  EXPECT_THAT(FaultsOf({"1_a.up"}, kSql), ElementsAre("1_a.up is no step"));
}

TEST(StepTest, BothFilesAreOfOneKind) {
  EXPECT_THAT(FaultsOf({"1_a.up.sql", "1_a.down"}, kBoth),
              ElementsAre("1_a.down does not end like 1_a.up.sql"));
  EXPECT_THAT(FaultsOf({"1_a.down.sql", "1_a.up"}, kBoth),
              ElementsAre("1_a.up does not end like 1_a.down.sql"));
}

TEST(StepTest, OtherFilesAreNoSteps) {
  EXPECT_THAT(Good({"generate", "check", "README.md", "lib.sql", "updown"}, kPrograms), IsEmpty());
}

TEST(StepTest, ANameThatIsMeantForAStepMustBeOne) {
  for (const char* name :
       {"1.up", "1_.up", "0_a.up", "a_1.up", "_a.up", "1_a.upp", "1_a", "1-a.up", "+1_a.up",
        "1_a b.up", "1_.a.up", "9007199254740992_a.up", "x.down", "18446744073709551617_a.up"}) {
    EXPECT_THAT(FaultsOf({name}, kPrograms), ElementsAre(StrCat(name, " is no step")));
  }
  EXPECT_THAT(Good({"9007199254740991_a.up"}, kPrograms), SizeIs(1));
}

TEST(StepTest, EveryFaultIsTold) {
  EXPECT_THAT(FaultsOf({"1_a.up", "1_b.up", "2_c.down", "03_d.up", "3_d.up", "4_e.up", "4_f.down"},
                       kPrograms),
              ElementsAre("1_b.up has the number of 1_a.up", "3_d.up is the same step as 03_d.up",
                          "4_f.down has the number of 4_e.up",
                          "2_c.down leads back from a step that has no .up"));
  EXPECT_THAT(FaultsOf({"1_a.up", "1_a.up.sql"}, kBoth),
              ElementsAre("1_a.up.sql is the same step as 1_a.up"));
}

TEST(StepTest, ThereIsALimit) {
  std::vector<std::string> names;
  for (size_t number = 1; number <= kMaxSteps; ++number) names.push_back(StrCat(number, "_a.up"));
  EXPECT_THAT(Good(names, kPrograms), SizeIs(kMaxSteps));
  names.push_back("5000_a.up");
  EXPECT_THAT(FaultsOf(names, kPrograms), ElementsAre("5000_a.up is one of more than 1000 steps"));
}

TEST(StepTest, TheJsonGivesTheSameSteps) {
  auto steps = Good({"1_a.up", "1_a.down", "20_b.up"}, kPrograms);
  Json json = StepsToJson(steps);
  EXPECT_EQ(json.Dump(), R"([{"number":1,"name":"a","up":"1_a.up","down":"1_a.down"},)"
                         R"({"number":20,"name":"b","up":"20_b.up","down":""}])");
  EXPECT_EQ(Must(StepsFromJson(*json.AsArray(), kPrograms)), steps);
}

TEST(StepTest, StepsThatAreNotWhatTheirFilesSayAreRefused) {
  const std::string good = R"({"number":2,"name":"a","up":"2_a.up","down":"2_a.down"})";
  for (const std::string& bad : {
           std::string(R"([{"number":3,"name":"a","up":"2_a.up","down":""}])"),
           std::string(R"([{"number":2,"name":"b","up":"2_a.up","down":""}])"),
           std::string(R"([{"number":2,"name":"a","up":"2_a.down","down":"2_a.up"}])"),
           std::string(R"([{"number":2,"name":"a","up":"2_a.up","down":"3_a.down"}])"),
           std::string(R"([{"number":2,"name":"a","up":"","down":"2_a.down"}])"),
           std::string(R"([{"number":2,"name":"a","up":"sub/2_a.up","down":""}])"),
           std::string(R"([{"number":2,"name":"a","up":"2_a.up"}])"),
           std::string(R"([{"number":2,"name":"a","up":"2_a.up","down":"","more":1}])"),
           std::string(R"([{"number":0,"name":"a","up":"0_a.up","down":""}])"),
           std::string(R"([{"number":2,"name":"a","up":"2_a.up.sql","down":""}])"),
           StrCat("[", good, ",", good, "]"),
           StrCat("[", good, R"(,{"number":1,"name":"a","up":"1_a.up","down":""}])"),
       }) {
    Json json = Must(Json::ParseStrict(bad));
    EXPECT_THAT(StepsFromJson(*json.AsArray(), kPrograms), FailsWith(ErrorCode::kCorrupt)) << bad;
  }
  Json json = Must(Json::ParseStrict(StrCat("[", good, "]")));
  EXPECT_THAT(Must(StepsFromJson(*json.AsArray(), kPrograms)), SizeIs(1));
}

}  // namespace
}  // namespace ignite::format
