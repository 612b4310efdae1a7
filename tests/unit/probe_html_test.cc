#include "agent/outbox/probe_html.h"

#include <gmock/gmock.h>

#include "base/str_cat.h"
#include "base/translation.h"
#include "tests/fakes/must.h"

namespace ignite::outbox {
namespace {

using fakes::Must;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kAttack = "<script>alert('a')</script><b>\"&amp;\x1b.ignite";

engine::DeploymentRecord Deployment(int64_t number, std::string_view version) {
  engine::DeploymentRecord record;
  record.number = number;
  record.version = version;
  record.bundle = kAttack;
  record.created = 1'800'000'000 + number;
  record.components = {{"app/web", "tree", std::string(version), "r", Json::EmptyObject()}};
  record.health = {{"answers", "http", 500, Json::EmptyObject()}};
  return record;
}

class ProbeHtmlTest : public testing::Test {
 protected:
  ProbeHtmlTest() {
    PrepareTranslation();
    page_.licence = {true, false, "2031-12-31"};
    page_.space = {{"/srv", 43'210'000'000, 77}};
    page_.snapshot.deployments = {Deployment(1, "1.0"), Deployment(2, "2.0")};
    engine::TransactionRecord refused;
    refused.bundle = kAttack;
    refused.state = engine::State::kRefused;
    refused.reason = "space";
    refused.cause = kAttack;
    refused.remedy = kAttack;
    page_.verdicts = {refused};
    page_.uploads = {{std::string(kAttack), "the upload is coming in"}};
  }

  std::string Page() { return StrCat(ProbeHtml(page_), ProbeHtmlEnd(1'800'000'000)); }
  /// What is shown while that language is chosen.
  std::string Part(std::string_view language) {
    std::string page = Page();
    size_t begin = page.find(StrCat("<div lang=\"", language, "\">"));
    return page.substr(begin,
                       page.find(language == "en" ? "<div lang=\"fr\">" : "<footer>") - begin);
  }

  engine::Settings settings_ =
      Must(engine::Settings::Parse("[probe]\nproduct = netprobe\ncompatible = box\n"));
  ProbePage page_{settings_, {}, Json::EmptyObject(), {}, {}, {}, {}, {}};
};

TEST_F(ProbeHtmlTest, NeedsNoNetworkAndNoScript) {
  for (const char* word :
       {"http:", "https:", "<script", "src=", "href=", "url(", "@import", "<b>", "\x1b"})
    EXPECT_THAT(Page(), Not(HasSubstr(word))) << word;
  EXPECT_THAT(Page(), HasSubstr("default-src 'none'"));
}

TEST_F(ProbeHtmlTest, NoForeignTextBecomesMarkup) {
  page_.snapshot.transaction.emplace().bundle = kAttack;
  page_.snapshot.transaction->step = kAttack;
  page_.snapshot.holds = {std::string(kAttack)};
  page_.snapshot.wrong_system = Error{ErrorCode::kIo, std::string(kAttack), std::string(kAttack)};
  EXPECT_THAT(Page(), Not(HasSubstr("<script")));
  EXPECT_THAT(Page(), Not(HasSubstr("<b>")));
  EXPECT_THAT(
      Page(),
      HasSubstr("&lt;script&gt;alert(&#39;a&#39;)&lt;/script&gt;&lt;b&gt;&quot;&amp;amp;\\x1b"));
}

TEST_F(ProbeHtmlTest, SaysEverythingInBothLanguages) {
  for (const char* words :
       {"What runs", "proven", "can be returned to", "There is too little room on this probe.",
        "valid until 2031-12-31", "40.0 GB or more", "refused", "the upload is coming in",
        "No transaction is running."})
    EXPECT_THAT(Part("en"), HasSubstr(words)) << words;
  for (const char* words :
       {"Ce qui tourne", "éprouvée", "retour possible", "Il y a trop peu de place sur cette sonde.",
        "valable jusqu&#39;au 2031-12-31", "40,0 Go ou plus", "refusé", "l&#39;envoi est en cours",
        "Aucune transaction n&#39;est en cours."})
    EXPECT_THAT(Part("fr"), HasSubstr(words)) << words;
}

TEST_F(ProbeHtmlTest, TheTimelineHasTheNewestFirstAndMarksWhatRuns) {
  std::string part = Part("en");
  size_t current = part.find("aria-current=\"true\"");
  ASSERT_NE(current, std::string::npos);
  EXPECT_THAT(part.substr(current, 60), HasSubstr("Version 2.0"));
  EXPECT_LT(current, part.find("Version 1.0"));
  page_.snapshot.without_system = {1};
  EXPECT_THAT(Part("en"), HasSubstr("its operating system was overwritten"));
  EXPECT_THAT(Part("en"), Not(HasSubstr("can be returned to")));
}

TEST_F(ProbeHtmlTest, NotesAreTextInTheLanguageOfThePageOrTheOneThereIs) {
  page_.notes = {{"en", "# News\r\n<script>alert(1)</script>\n"}, {"fr", "# Nouveautés\n"}};
  EXPECT_THAT(Part("en"), HasSubstr("# News\n&lt;script&gt;"));
  EXPECT_THAT(Part("en"), Not(HasSubstr("Nouveautés")));
  EXPECT_THAT(Part("fr"), HasSubstr("lang=\"fr\"># Nouveautés\n"));
  page_.notes.pop_back();
  EXPECT_THAT(Part("fr"), HasSubstr("lang=\"en\"># News\n"));
  page_.notes.clear();
  EXPECT_THAT(Part("en"), HasSubstr("None came with it."));
}

TEST_F(ProbeHtmlTest, ATrialIsNotProven) {
  page_.snapshot.transaction.emplace().state = engine::State::kTrial;
  EXPECT_THAT(Part("en"), HasSubstr("another version is on trial"));
  EXPECT_THAT(Part("en"), Not(HasSubstr("proven")));
}

TEST_F(ProbeHtmlTest, WithoutAHealthCheckNothingIsProven) {
  page_.snapshot.deployments.back().health.clear();
  EXPECT_THAT(Part("en"), HasSubstr("committed without a health check"));
  EXPECT_THAT(Part("en"), Not(HasSubstr("proven")));
}

TEST_F(ProbeHtmlTest, WhatIsWrongStandsFirst) {
  engine::TransactionRecord& stuck = page_.snapshot.transaction.emplace();
  stuck.state = engine::State::kStuck;
  stuck.cause = "the disk does not write";
  std::string part = Part("en");
  EXPECT_LT(part.find("This probe is stuck"), part.find("What runs"));
  EXPECT_LT(part.find("the disk does not write"), part.find("What runs"));
}

TEST_F(ProbeHtmlTest, AHeldContentIsNoAlarm) {
  page_.snapshot.holds = {std::string(64, 'a')};
  EXPECT_THAT(Part("en"), HasSubstr("Contents that are not taken any more"));
  EXPECT_THAT(Part("en"), Not(HasSubstr("An engineer holds every upload")));
  page_.snapshot.holds = {std::string(engine::Journal::kEverything)};
  EXPECT_THAT(Part("en"), Not(HasSubstr("Contents that are not taken any more")));
  EXPECT_THAT(Part("en"), HasSubstr("An engineer holds every upload"));
}

TEST_F(ProbeHtmlTest, AFloodOfUploadsIsCounted) {
  page_.uploads.assign(kUploadsShown + 7, {"a.ignite", "the upload has stopped"});
  EXPECT_THAT(Part("en"), HasSubstr("and so many more: 7"));
}

}  // namespace
}  // namespace ignite::outbox
