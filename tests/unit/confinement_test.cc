#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/process.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t kNobody = 65534;

/// Whether `condition` came true within a few seconds.
template <class Condition>
bool Becomes(Condition condition) {
  for (int tries = 0; tries < 200; ++tries, usleep(20'000)) {
    if (condition()) return true;
  }
  return false;
}

class ConfinementTest : public testing::Test {
 protected:
  ConfinementTest() {
    // The program is another user, who must reach the folders.
    (void)chmod(folder_.path().c_str(), 0755);
    MakeFolder("copy");
    MakeFolder("elsewhere");
  }

  void MakeFolder(const std::string& name) {
    std::string path = folder_ / name;
    ASSERT_EQ(mkdir(path.c_str(), 0755), 0);
    ASSERT_EQ(chmod(path.c_str(), 0777), 0);
  }

  static Confinement Ours() {
    return geteuid() == 0 ? Confinement{kNobody, kNobody} : Confinement{getuid(), getgid()};
  }

  /// May write to copy/ alone, without a network.
  Confinement Strict() {
    Confinement confinement = Ours();
    confinement.writable = {folder_ / "copy"};
    confinement.network = false;
    return confinement;
  }

  Result<Outcome> Run(const std::string& script, const Confinement& confinement,
                      milliseconds timeout = milliseconds(10'000)) {
    Command command{{"/bin/sh", "-c", script}, {"FOLDER=" + folder_.path()}, timeout};
    command.confinement = confinement;
    return process_->Run(command);
  }

  bool Exists(const std::string& name) { return access((folder_ / name).c_str(), F_OK) == 0; }

  std::string ReadText(const std::string& name) {
    std::ifstream file(folder_ / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  /// TMPDIR may be closed to other users.
  fakes::TemporaryDirectory folder_{"/tmp"};
  std::unique_ptr<Process> process_ = MakeSystemProcess();
};

TEST_F(ConfinementTest, WritesToTheGivenFolderAlone) {
  Outcome outcome = Must(
      Run("pwd; echo 1 > mine; echo 2 > $FOLDER/elsewhere/file && echo wrote; exit 0", Strict()));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.output.starts_with(folder_ / "copy" + "\n")) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("Read-only file system"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("wrote")));
  EXPECT_TRUE(Exists("copy/mine"));
  EXPECT_FALSE(Exists("elsewhere/file"));
}

TEST_F(ConfinementTest, AnEmptyListLetsItWriteNowhere) {
  Confinement confinement = Ours();
  confinement.writable.emplace();
  Outcome outcome =
      Must(Run("pwd; echo 1 > $FOLDER/copy/file; : > /dev/null && echo fine", confinement));
  EXPECT_TRUE(outcome.output.starts_with("/\n")) << outcome.output;
  EXPECT_TRUE(outcome.output.ends_with("fine\n")) << outcome.output;
  EXPECT_FALSE(Exists("copy/file"));
}

TEST_F(ConfinementTest, TheMountsOfEverybodyElseStayAsTheyAre) {
  (void)Must(Run("true", Strict()));
  std::ofstream(folder_ / "elsewhere/ours") << "1";
  EXPECT_TRUE(Exists("elsewhere/ours"));
}

TEST_F(ConfinementTest, WithoutAListAndWithANetworkItOnlySwitchesTheUser) {
  EXPECT_EQ(Must(Run("echo 1 > $FOLDER/elsewhere/file; exit 0", Ours())).exit_code, 0);
  struct stat status {};
  ASSERT_EQ(stat((folder_ / "elsewhere/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, Ours().uid);
  EXPECT_EQ(status.st_gid, Ours().gid);
  EXPECT_EQ(status.st_mode & 0777, 0644U);
}

TEST_F(ConfinementTest, RunsAsTheAccountWithoutFurtherGroupsAndPrivileges) {
  const std::string script =
      "id -u; id -g; id -G; grep NoNewPrivs /proc/self/status; grep CapEff /proc/self/status";
  const std::string account = StrCat(Ours().uid, "\n", Ours().gid, "\n");
  for (const Confinement& confinement : {Ours(), Strict()}) {
    std::string output = Must(Run(script, confinement)).output;
    EXPECT_TRUE(output.starts_with(account)) << output;
    if (geteuid() == 0) {
      EXPECT_TRUE(output.starts_with(StrCat(account, Ours().gid, "\n"))) << output;
    }
    EXPECT_THAT(output, HasSubstr("NoNewPrivs:\t1\n"));
    EXPECT_THAT(output, HasSubstr("CapEff:\t0000000000000000\n"));
  }
}

TEST_F(ConfinementTest, HasACleanEnvironmentAndNoDescriptorOfOurs) {
  ASSERT_EQ(setenv("IGNITE_SECRET", "1", 1), 0);
  UniqueFd left_open(dup(STDERR_FILENO));
  for (const Confinement& confinement : {Ours(), Strict()}) {
    Command command{{"/usr/bin/env"}, {"GIVEN=1"}};
    command.confinement = confinement;
    EXPECT_EQ(Must(process_->Run(command)).output,
              "GIVEN=1\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    // 3 is the folder that ls reads.
    EXPECT_EQ(Must(Run("exec ls /proc/self/fd", confinement)).output, "0\n1\n2\n3\n");
  }
}

TEST_F(ConfinementTest, ReadsItsInput) {
  Command command{{"/bin/cat"}};
  command.input = Bytes(3, std::byte{'x'});
  command.confinement = Strict();
  EXPECT_EQ(Must(process_->Run(command)).output, "xxx");
}

class ListenerTest : public ConfinementTest {
 protected:
  /// A listener; gives what a program needs to reach it.
  std::string ListenOnLoopback() {
    listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_.get(), 8), 0);
    socklen_t size = sizeof address;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return StrCat(ntohs(address.sin_port));
  }

  UniqueFd listener_;
};

TEST_F(ListenerTest, WithoutANetworkItReachesNoListener) {
  std::string script = StrCat("/bin/bash -c 'exec 5<>/dev/tcp/127.0.0.1/", ListenOnLoopback(), "'");
  EXPECT_EQ(Must(Run(script, Ours())).exit_code, 0) << "the listener can be reached";
  Outcome outcome = Must(Run(script, Strict()));
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("Network is unreachable"));
}

TEST_F(ListenerTest, WithoutANetworkNothingOfRunIsSeen) {
  const std::string script = "ls -A /run | wc -l";
  ASSERT_NE(Must(Run(script, Ours())).output, "0\n") << "there is nothing to hide";
  EXPECT_EQ(Must(Run(script, Strict())).output, "0\n");
}

TEST_F(ConfinementTest, ATimeoutKillsItsChildrenInTheirOwnSessionsToo) {
  for (const char* quietly : {"", "setsid "}) {
    Outcome outcome = Must(Run(StrCat(quietly, "sh -c 'sleep 1.5; : > late' & sleep 60"), Strict(),
                               milliseconds(300)));
    EXPECT_TRUE(outcome.timed_out);
    EXPECT_EQ(outcome.exit_code, 128 + SIGKILL);
  }
  usleep(1'700'000);
  EXPECT_FALSE(Exists("copy/late")) << "a grandchild lived on";
}

TEST_F(ConfinementTest, NoChildOutlivesIt) {
  EXPECT_EQ(Must(Run("setsid sh -c 'sleep 0.5; : > late' & exit 3", Strict())).exit_code, 3);
  usleep(800'000);
  EXPECT_FALSE(Exists("copy/late"));
}

TEST_F(ConfinementTest, AChildThatEndsFirstIsNotTakenForTheProgram) {
  EXPECT_EQ(Must(Run("(sh -c 'exit 5' & exec true); sleep 0.2; exit 4", Strict())).exit_code, 4);
}

TEST_F(ConfinementTest, ReportsASignalAsAShellDoes) {
  EXPECT_EQ(Must(Run("kill -TERM $$", Ours())).exit_code, 128 + SIGTERM);
  EXPECT_EQ(Must(Run("exec sh -c 'kill -TERM $$'", Strict())).exit_code, 128 + SIGTERM);
}

TEST_F(ConfinementTest, EndsWhenTheProcessThatStartedItIsKilled) {
  for (const Confinement& confinement : {Ours(), Strict()}) {
    pid_t starter = fork();
    if (starter == 0) {
      (void)Run("echo $$ > $FOLDER/copy/begun; sleep 1; : > $FOLDER/copy/late", confinement);
      _exit(0);
    }
    ASSERT_TRUE(Becomes([&] { return !ReadText("copy/begun").empty(); }));
    ASSERT_EQ(kill(starter, SIGKILL), 0);
    ASSERT_EQ(waitpid(starter, nullptr, 0), starter);
    usleep(1'300'000);
    EXPECT_FALSE(Exists("copy/late")) << "it lived on";
    (void)unlink((folder_ / "copy/begun").c_str());
    (void)unlink((folder_ / "copy/late").c_str());
  }
}

TEST_F(ConfinementTest, NeverRunsAsRoot) {
  Confinement root = Strict();
  root.uid = 0;
  EXPECT_THAT(Run("true", root), FailsWith(ErrorCode::kRefused, "would run as root"));
  root = Strict();
  root.gid = 0;
  EXPECT_THAT(Run("true", root), FailsWith(ErrorCode::kRefused, "would run as root"));
}

TEST_F(ConfinementTest, WhatCannotBeGrantedIsAnErrorAndNothingRuns) {
  Confinement confinement = Strict();
  confinement.writable->push_back(folder_ / "absent");
  EXPECT_THAT(Run("echo 1 > mine", confinement),
              FailsWith(ErrorCode::kNotFound, "keeping a folder writable"));
  EXPECT_FALSE(Exists("copy/mine"));

  Command command{{"/nonexistent/program"}};
  command.confinement = Strict();
  EXPECT_THAT(process_->Run(command), FailsWith(ErrorCode::kNotFound, "starting"));
  command.arguments = {"sh"};
  EXPECT_THAT(process_->Run(command), FailsWith(ErrorCode::kInvalidArgument, "named by its path"));
  command.arguments = {"/bin/true"};
  command.attended = true;
  EXPECT_THAT(process_->Run(command), FailsWith(ErrorCode::kInternal));
}

/// The rest of this file as somebody who is not root, in a process of its own.
template <class Function>
int AsNobody(Function function) {
  pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 &&
        (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0))
      _exit(99);
    // The kernel gives /proc/self to root after a switch. Who was never root has it.
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    _exit(function());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST_F(ConfinementTest, WhoIsNotRootConfinesToo) {
  int result = AsNobody([&] {
    Confinement confinement{geteuid(), getegid(), {{folder_ / "copy"}}, false};
    Result<Outcome> outcome =
        Run("echo 1 > mine; echo 2 > $FOLDER/elsewhere/file || exit 7", confinement);
    return outcome ? outcome->exit_code : 97;
  });
  EXPECT_NE(result, 97);
  EXPECT_NE(result, 0);
  EXPECT_TRUE(Exists("copy/mine"));
  EXPECT_FALSE(Exists("elsewhere/file"));
}

TEST_F(ConfinementTest, WhoIsNotRootCannotSwitchTheUser) {
  int result = AsNobody([&] {
    Result<Outcome> outcome = Run("true", {geteuid() - 1, getegid()});
    bool refused = !outcome && outcome.error().code == ErrorCode::kRefused &&
                   outcome.error().remedy == "run ignite as root";
    return refused ? 0 : 1;
  });
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace ignite
