#include "agent/outbox/outbox.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/json.h"
#include "base/translation.h"
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

TEST_F(OutboxTest, AVerdictIsToldInFrenchBelow) {
  PrepareTranslation();
  engine::Verdict verdict;
  verdict.state = engine::State::kRefused;
  verdict.reason = "space";
  verdict.cause = "4.0 GB are free, and 5.0 GB are needed";
  verdict.remedy = "free some";
  Must(outbox_.Write(VerdictStatus("a.ignite", verdict, {})));
  std::string text = Read("a.ignite.status.txt");
  size_t french = text.find("En français");
  ASSERT_NE(french, std::string::npos);
  EXPECT_THAT(text.substr(0, french), HasSubstr("What to do:      free some\r\n"));
  for (const char* line : {"Verdict :        refusé\r\n",
                           "Pourquoi :       Il y a trop peu de place sur cette sonde.\r\n",
                           "Que faire :      Libérez de la place, puis renvoyez-le.\r\n",
                           "Détail :         4.0 GB are free, and 5.0 GB are needed\r\n",
                           "La sonde exécute : rien : aucun paquet n'a encore été installé\r\n"})
    EXPECT_THAT(text.substr(french), HasSubstr(line));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::count(text.begin(), text.end(), '\r'));
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

class ProbePageTest : public OutboxTest {
 protected:
  ProbePageTest() {
    page_.licence = {true, false, "2031-12-31"};
    page_.space = {{"/srv", 43'210'000'000, 77}};
    engine::TransactionRecord refused;
    refused.bundle = "b\x1b.ignite";
    refused.state = engine::State::kRefused;
    refused.reason = "space";
    refused.cause = "too full";
    refused.remedy = "free some";
    page_.verdicts = {refused};
  }
  std::string Text() { return Read("PROBE.txt"); }

  engine::Settings settings_ =
      Must(engine::Settings::Parse("[probe]\nproduct = netprobe\ncompatible = box\n"));
  ProbePage page_{settings_, {}, Json::EmptyObject(), {}, {}, {}, {}, {}};
};

TEST_F(ProbePageTest, SaysWhatTheProbeIsAndWhatWasRefused) {
  page_.uploads = {{"c.ignite", "the upload is coming in"}};
  Must(outbox_.WriteProbe(page_));
  for (const char* line :
       {"probe        netprobe on box\r\n", "licence      valid until 2031-12-31\r\n",
        "agent        ignite " IGNITE_VERSION "\r\n",
        "waits        c.ignite: the upload is coming in\r\n", "refused  b\\x1b.ignite\r\n",
        "               space: too full\r\n", "               remedy: free some\r\n",
        "free space   /srv: 40.0 GB or more\r\n", "written      2027-01-15 08:00:01 UTC\r\n"})
    EXPECT_THAT(Text(), HasSubstr(line));
  Json json = Must(Json::ParseStrict(Read("PROBE.json")));
  EXPECT_EQ(*json.Find("space")->AsArray()->at(0).Find("free")->AsInteger(), 43'210'000'000);
  EXPECT_EQ(*json.Find("uploads")->AsArray()->at(0).Find("bundle")->AsString(), "c.ignite");
  EXPECT_EQ(*json.Find("verdicts")->AsArray()->at(0).Find("reason")->AsString(), "space");
  EXPECT_EQ(*json.Find("written")->AsInteger(), clock_.WallSeconds());
}

TEST_F(ProbePageTest, IsWrittenOnlyWhereItWouldSaySomethingElse) {
  Must(outbox_.WriteProbe(page_));
  std::string first = Text();
  clock_.Sleep(std::chrono::hours(1));
  page_.space[0].bytes += 1'000'000;
  page_.snapshot.transaction.emplace().state = engine::State::kStaging;
  page_.snapshot.progress = engine::Progress{1, engine::State::kStaging, "unpacking web", 42};
  Must(outbox_.WriteProbe(page_));
  std::string second = Text();
  EXPECT_NE(second, first) << "a transaction is under way";
  clock_.Sleep(std::chrono::hours(1));
  page_.snapshot.progress->percent = 43;
  Must(outbox_.WriteProbe(page_));
  EXPECT_EQ(Text(), second);
  page_.verdicts[0].cause = "another one";
  Must(outbox_.WriteProbe(page_));
  EXPECT_NE(Text(), second);
}

TEST_F(ProbePageTest, ComesAgainWhereOneOfItsFilesIsGone) {
  for (const char* gone : {"PROBE.txt", "PROBE.html", "PROBE.json"}) {
    Must(outbox_.WriteProbe(page_));
    Must(files_->RemoveFile(folder_ / gone));
    Must(outbox_.WriteProbe(page_));
    EXPECT_FALSE(Read(gone).empty());
  }
}

TEST_F(ProbePageTest, IsToldInFrenchBelow) {
  PrepareTranslation();
  Must(outbox_.WriteProbe(page_));
  std::string french = Text().substr(Text().find("En français"));
  EXPECT_THAT(french, HasSubstr("Licence : valable jusqu'au 2031-12-31\r\n"));
  EXPECT_THAT(french, HasSubstr("Il y a trop peu de place sur cette sonde.\r\n"));
  EXPECT_THAT(french, HasSubstr("Libre : /srv, 40,0 Go ou plus\r\n"));
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
