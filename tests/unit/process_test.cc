#include "base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "base/str_cat.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

class ProcessTest : public testing::Test {
 protected:
  Outcome Shell(const std::string& script, milliseconds timeout = milliseconds(10'000)) {
    return Must(process_->Run({{"sh", "-c", script}, {}, timeout}));
  }
  std::unique_ptr<Process> process_ = MakeSystemProcess();
};

/// How long the programs below would sleep if they were let.
constexpr std::chrono::seconds kSleep(60);

TEST_F(ProcessTest, GivesTheExitCodeAndBothOutputsInOrder) {
  Outcome outcome = Shell("echo one; echo two >&2; echo three; exit 7");
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.output, "one\ntwo\nthree\n");
  EXPECT_FALSE(outcome.timed_out);
}

TEST_F(ProcessTest, ReportsASignalAsAShellDoes) {
  EXPECT_EQ(Shell("kill -TERM $$").exit_code, 128 + SIGTERM);
}

TEST_F(ProcessTest, AProgramThatIsNotThereIsAnError) {
  EXPECT_THAT(process_->Run({{"/nonexistent/program"}, {}, milliseconds(1000)}),
              FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(process_->Run({{"ignite-no-such-program"}, {}, milliseconds(1000)}),
              FailsWith(ErrorCode::kNotFound));
}

TEST_F(ProcessTest, TheEnvironmentIsAPathAndWhatWasGiven) {
  ASSERT_EQ(setenv("IGNITE_SECRET", "1", 1), 0);
  Outcome outcome = Must(process_->Run({{"env"}, {"IGNITE_ROOT=/probe"}, milliseconds(5000)}));
  EXPECT_THAT(outcome.output, HasSubstr("IGNITE_ROOT=/probe\n"));
  EXPECT_THAT(outcome.output, HasSubstr("PATH=/usr/local/sbin:"));
  EXPECT_THAT(outcome.output, testing::Not(HasSubstr("IGNITE_SECRET")));
}

TEST_F(ProcessTest, AWatchSeesTheOutputAsItComes) {
  Command command{{"sh", "-c", "echo one; sleep 0.5; echo two; sleep 0.3"}};
  std::vector<std::string> pieces;
  int without = 0;
  command.watch = [&](std::string_view output) {
    without += output.empty() ? 1 : 0;
    if (!output.empty()) pieces.emplace_back(output);
    return true;
  };
  Outcome outcome = Must(process_->Run(command));
  EXPECT_EQ(pieces, (std::vector<std::string>{"one\n", "two\n"}));
  EXPECT_GE(without, 3);
  EXPECT_EQ(outcome.output, "one\ntwo\n");
  EXPECT_FALSE(outcome.stopped);
}

TEST_F(ProcessTest, AWatchStopsAProgram) {
  Command command{{"sh", "-c", StrCat("echo; sleep ", kSleep.count())}};
  command.timeout = kSleep;
  command.watch = [](std::string_view output) { return output.empty(); };
  auto begin = steady_clock::now();
  Outcome outcome = Must(process_->Run(command));
  EXPECT_LT(steady_clock::now() - begin, kSleep / 2);
  EXPECT_TRUE(outcome.stopped);
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_THAT(CheckOutcome(command, outcome), FailsWith(ErrorCode::kCancelled));
}

TEST_F(ProcessTest, AProgramMayStayInOurGroup) {
  Command command{{"sh", "-c", "ps -o pgid= -p $$"}};
  EXPECT_NE(std::stoi(Must(process_->Run(command)).output), getpgrp());
  command.in_our_group = true;
  EXPECT_EQ(std::stoi(Must(process_->Run(command)).output), getpgrp());
}

TEST_F(ProcessTest, StandardInputIsEmpty) { EXPECT_EQ(Shell("cat; echo end").output, "end\n"); }

TEST_F(ProcessTest, StandardInputIsAFileThatCanBeReadAgain) {
  Command command{{"sh", "-c", "cat; cat /dev/stdin; stat -L -c %s /dev/stdin"}};
  command.input = Bytes(3, std::byte{'x'});
  EXPECT_EQ(Must(process_->Run(command)).output, "xxxxxx3\n");
}

TEST_F(ProcessTest, AnAttendedProgramHasOurEnvironmentTerminalAndStandardError) {
  ASSERT_EQ(setenv("IGNITE_PIN", "1234", 1), 0);
  Command command{{"sh", "-c", "echo $IGNITE_PIN $MORE; cut -d' ' -f5 /proc/$$/stat; echo no >&2"},
                  {"MORE=5"}};
  command.attended = true;
  testing::internal::CaptureStderr();
  Outcome outcome = Must(process_->Run(command));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "no\n");
  EXPECT_EQ(outcome.output, "1234 5\n" + std::to_string(getpgrp()) + "\n");
}

TEST_F(ProcessTest, ATimeoutOfAnAttendedProgramKillsItAlone) {
  auto start = steady_clock::now();
  Command command{{"sleep", "60"}, {}, milliseconds(100)};
  command.attended = true;
  Outcome outcome = Must(process_->Run(command));
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 128 + SIGKILL);
  EXPECT_LT(steady_clock::now() - start, kSleep);
}

TEST_F(ProcessTest, ATimeoutKillsTheWholeGroup) {
  fakes::TemporaryDirectory folder;
  auto start = steady_clock::now();
  Outcome outcome =
      Shell("(sleep 1.5; touch " + folder / "late" + ") & sleep 60", milliseconds(100));
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 128 + SIGKILL);
  EXPECT_LT(steady_clock::now() - start, kSleep);
  usleep(1'600'000);
  EXPECT_NE(access((folder / "late").c_str(), F_OK), 0) << "the grandchild lived on";
}

TEST_F(ProcessTest, AGrandchildThatHoldsTheOutputOpenDoesNotHoldUsUp) {
  auto start = steady_clock::now();
  EXPECT_EQ(Shell("sleep 60 & echo started").output, "started\n");
  EXPECT_LT(steady_clock::now() - start, kSleep);
}

TEST_F(ProcessTest, AGrandchildThatWritesForEverDoesNotHoldUsUp) {
  Outcome outcome = Shell("for n in 1 2 3 4 5 6 7 8; do yes & done; sleep 0.2");
  EXPECT_EQ(outcome.exit_code, 0);
}

TEST_F(ProcessTest, AGrandchildThatLeftTheGroupAndWritesForEverDoesNotHoldUsUp) {
  fakes::TemporaryDirectory folder;
  auto start = steady_clock::now();
  Outcome outcome =
      Shell("setsid timeout 60 cat /dev/zero & echo $! > " + folder / "pid" + "; sleep 0.2");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_LT(steady_clock::now() - start, kSleep);
}

TEST_F(ProcessTest, KeepsTheBeginningOfALongOutputAndReadsOn) {
  Outcome outcome = Shell("echo begin; head -c 1000000 /dev/zero | tr '\\0' x; exit 3");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.output.size(), Command().output_limit);
  EXPECT_TRUE(outcome.output.starts_with("begin\nxxx"));
}

TEST_F(ProcessTest, KeepsAsMuchOfTheOutputAsWasAskedFor) {
  Command command{{"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x"}};
  command.output_limit = 50'000;
  EXPECT_EQ(Must(process_->Run(command)).output, std::string(50'000, 'x'));
}

TEST_F(ProcessTest, SignalsThatWeIgnoreOrBlockAreDefaultInTheProgram) {
  ASSERT_NE(signal(SIGPIPE, SIG_IGN), SIG_ERR);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(sigprocmask(SIG_BLOCK, &blocked, &before), 0);
  EXPECT_EQ(Shell("kill -PIPE $$; echo survived").exit_code, 128 + SIGPIPE);
  EXPECT_EQ(Shell("kill -TERM $$; echo survived").exit_code, 128 + SIGTERM);
  (void)sigprocmask(SIG_SETMASK, &before, nullptr);
  (void)signal(SIGPIPE, SIG_DFL);
}

TEST_F(ProcessTest, TheEndOfALongOutputSaysWhyAProgramFailed) {
  for (size_t more : {1, 300, 100'000}) {
    Command command{{"sh", "-c",
                     StrCat("head -c ", Command().output_limit - 10 + more,
                            " /dev/zero | tr '\\0' x; echo no key; exit 3")}};
    EXPECT_THAT(CheckOutcome(command, Must(process_->Run(command))),
                FailsWith(ErrorCode::kIo, StrCat("it said: ...", std::string(393, 'x'), "no key")));
  }
}

TEST(CheckOutcomeTest, AFailureCarriesTheCommandAndTheTailOfItsOutput) {
  Command command{{"fsck", "-n"}, {}, milliseconds(3000)};
  EXPECT_THAT(CheckOutcome(command, {0, "fine", false}), Succeeds());
  EXPECT_THAT(CheckOutcome(command, {2, std::string(1000, 'x') + "bad superblock", false}),
              FailsWith(ErrorCode::kIo, "'fsck -n' ended with exit code 2; it said: ...xxx"));
  EXPECT_THAT(CheckOutcome(command, {2, std::string(1000, 'x') + "bad superblock", false}),
              FailsWith(ErrorCode::kIo, "bad superblock"));
  EXPECT_THAT(CheckOutcome(command, {137, "", true}),
              FailsWith(ErrorCode::kIo, "did not end within 3 s"));
}

}  // namespace
}  // namespace ignite
