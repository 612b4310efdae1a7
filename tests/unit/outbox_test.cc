#include "agent/outbox/outbox.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/json.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::outbox {
namespace {

using fakes::Must;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class OutboxTest : public testing::Test {
 protected:
  std::string Read(std::string_view name) {
    return Must(files_->ReadFile(folder_ / name, 100'000));
  }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  fakes::FakeClock clock_;
  Outbox outbox_{*files_, clock_, folder_.path()};
};

TEST_F(OutboxTest, TheOutcomeIsNullUntilItIsFinal) {
  Must(
      outbox_.Write(ProgressStatus("a.ignite", {3, engine::State::kStaging, "unpacking web", 42})));
  Json json = Must(Json::ParseStrict(Read("a.ignite.status.json")));
  EXPECT_TRUE(json.Find("outcome")->IsNull());
  EXPECT_EQ(*json.Find("state")->AsString(), "staging");
  EXPECT_EQ(*json.Find("percent")->AsInteger(), 42);
  EXPECT_THAT(Read("a.ignite.status.txt"), HasSubstr("unpacking web, 42%"));
}

TEST_F(OutboxTest, AVerdictCarriesItsCauseRemedyAndChecks) {
  engine::Verdict verdict;
  verdict.state = engine::State::kRefused;
  verdict.reason = "space";
  verdict.cause = "too full";
  verdict.remedy = "free some";
  verdict.checks = {{"product", true, "it is for us", ""},
                    {"space", false, "too full", "free some"}};
  verdict.remarks = {"its data is in a file"};
  Must(outbox_.Write(VerdictStatus("a.ignite", verdict, {})));
  Json json = Must(Json::ParseStrict(Read("a.ignite.status.json")));
  for (const char* field : {"bundle", "state", "outcome", "reason", "cause", "remedy", "checks"})
    EXPECT_NE(json.Find(field), nullptr) << field;
  EXPECT_EQ(*json.Find("outcome")->AsString(), "refused");
  EXPECT_EQ(*json.Find("remarks"), Json::StringArray(verdict.remarks));
  EXPECT_THAT(Read("a.ignite.status.txt"), HasSubstr("Note:            its data is in a file"));
  EXPECT_THAT(Read("a.ignite.status.txt"), HasSubstr("REFUSED"));
  EXPECT_THAT(Read("a.ignite.status.txt"), HasSubstr("free some"));
  EXPECT_THAT(Read("a.ignite.status.txt"), HasSubstr("FAIL  space"));
}

TEST_F(OutboxTest, APlanHasLineEndsForEveryEditorAndCanBeTakenBack) {
  engine::Preview preview;
  preview.verdict.state = engine::State::kReceived;
  preview.plan.emplace().version = "2.0";
  preview.steps = {"unpack app/web 2.0", "commit, or take everything back"};
  Must(outbox_.WritePlan("a b.ignite", preview));
  std::string text = Read("a_b.ignite.plan.txt");
  EXPECT_THAT(text, HasSubstr("version 2.0 would be installed\r\n"));
  EXPECT_THAT(text, HasSubstr("    1. unpack app/web 2.0\r\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::count(text.begin(), text.end(), '\r'));
  Must(outbox_.RemovePlan("a b.ignite"));
  EXPECT_THAT(Must(files_->List(folder_.path())), IsEmpty());
  Must(outbox_.RemovePlan("a b.ignite"));
}

TEST_F(OutboxTest, ForeignNamesCannotSteerPathsOrTerminals) {
  EXPECT_EQ(Outbox::SafeName("../../etc/passwd.ignite"), ".._.._etc_passwd.ignite");
  EXPECT_EQ(Outbox::SafeName("a b\x1b[31m\xc3\xa9.ignite"), "a_b__31m__.ignite");
  EXPECT_LE(Outbox::SafeName(std::string(250, 'a')).size(), 200u);
  Must(outbox_.Write(WaitingStatus("a\x1b[31m.ignite", "it waits", "", 0)));
  EXPECT_THAT(Read("a__31m.ignite.status.txt"), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace ignite::outbox
