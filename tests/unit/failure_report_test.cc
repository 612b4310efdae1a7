#include "agent/failure_report.h"

#include <gmock/gmock.h>

#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"
#include "tests/fakes/scripted_process.h"

namespace ignite {
namespace {

using engine::State;
using fakes::Must;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Says so much, piece by piece, whatever is run.
struct TalkingProcess : fakes::ScriptedProcess {
  Result<Outcome> Run(const Command& command) override {
    for (int i = 0; i < pieces; ++i) (void)command.watch(std::string(4096, 'x'));
    (void)command.watch("the last words\n");
    if (clock != nullptr) clock->Sleep(command.timeout);
    return ScriptedProcess::Run(command);
  }
  int pieces = 0;
  Clock* clock = nullptr;
};

class FailureReportTest : public testing::Test {
 protected:
  engine::Verdict Fail() {
    Must(probe_.real_files->MakeDirectories(probe_.Path("/etc/ignite"), 0755));
    Must(probe_.real_files->WriteAtomically(probe_.paths.Settings(), AsBytes("[probe]\n"), 0644));
    probe_.health.failing = {"alive"};
    return Must(probe_.Install({}));
  }
  std::map<std::string, std::string> Gather(const engine::Verdict& verdict) {
    std::map<std::string, std::string> texts;
    for (auto& part : GatherReport(probe_.parts(), process_, verdict, "a.ignite", "the plan\n"))
      texts[part.name] = part.text;
    return texts;
  }

  fakes::FakeProbe probe_;
  TalkingProcess process_;
};

TEST_F(FailureReportTest, AFailureDeservesOneAndARefusalDoesNot) {
  engine::Verdict verdict;
  verdict.transaction = 1;
  std::vector<State> deserving;
  for (State state : {State::kCommitted, State::kRefused, State::kCancelled, State::kFailed,
                      State::kRolledBack, State::kStuck, State::kTrial}) {
    verdict.state = state;
    if (DeservesReport(verdict)) deserving.push_back(state);
  }
  EXPECT_THAT(deserving, ElementsAre(State::kFailed, State::kRolledBack, State::kStuck));
  verdict.state = State::kRolledBack;
  verdict.reason = "cancelled";
  EXPECT_FALSE(DeservesReport(verdict)) << "somebody wanted it";
  verdict.reason = "health";
  verdict.transaction = 0;
  EXPECT_FALSE(DeservesReport(verdict)) << "an upload that stalled";
}

TEST_F(FailureReportTest, TellsTheStoryAndWhatRuns) {
  engine::Verdict verdict = Fail();
  ASSERT_EQ(verdict.state, State::kRolledBack);
  auto texts = Gather(verdict);
  EXPECT_THAT(texts["verdict.txt"], HasSubstr("rolled back (health)"));
  EXPECT_THAT(texts["verdict.json"], HasSubstr("\"bundle\": \"a.ignite\""));
  EXPECT_THAT(texts["story.txt"], HasSubstr("activating app/web"));
  EXPECT_TRUE(Json::ParseStrict(texts["story.json"]));
  EXPECT_EQ(texts["plan.txt"], "the plan\n");
  EXPECT_THAT(texts["plan.json"], HasSubstr("app/web"));
  EXPECT_THAT(texts["versions.txt"], HasSubstr("agent: ignite " IGNITE_VERSION));
  EXPECT_THAT(texts["versions.txt"], HasSubstr("kernel: Linux"));
  EXPECT_THAT(texts["versions.txt"], HasSubstr("not to be had")) << "this root has no os-release";
  EXPECT_THAT(texts["space.txt"], HasSubstr("inodes free"));
  EXPECT_THAT(texts["memory.txt"], HasSubstr("MemTotal"));
  EXPECT_THAT(texts["mounts.txt"], HasSubstr("/proc"));
  EXPECT_EQ(texts["agent.ini"], "[probe]\n");
  EXPECT_THAT(texts["log.txt"], HasSubstr("not systemd"));
  EXPECT_THAT(process_.commands, IsEmpty());
}

TEST_F(FailureReportTest, HasTheLogsOfIgnitedAndOfTheUnitsSinceItBegan) {
  probe_.settings.services = engine::ServicesBackend::kSystemd;
  engine::Verdict verdict = Fail();
  process_.pieces = 1000;
  auto texts = Gather(verdict);
  ASSERT_EQ(process_.commands.size(), 2u);
  EXPECT_THAT(process_.commands[0].arguments,
              ElementsAre("journalctl", "--unit=ignited.service", "--since=@1800000001",
                          "--no-pager", "--output=short-iso"));
  EXPECT_THAT(process_.commands[1].arguments, Contains("--unit=web.service"));
  std::string log = texts["log/web.service.txt"];
  EXPECT_TRUE(log.ends_with("the last words\n"));
  EXPECT_LE(log.size(), 3u * 1024 * 1024) << "of 4 MB";
  EXPECT_GE(log.size(), 1024u * 1024);
}

TEST_F(FailureReportTest, ASlowLogIsGivenUp) {
  probe_.settings.services = engine::ServicesBackend::kSystemd;
  engine::Verdict verdict = Fail();
  process_.answer->timed_out = true;
  process_.clock = &probe_.clock;
  auto texts = Gather(verdict);
  EXPECT_EQ(process_.commands[0].timeout, std::chrono::seconds(10));
  EXPECT_THAT(texts["log/ignited.service.txt"], HasSubstr("took too long"));
}

}  // namespace
}  // namespace ignite
