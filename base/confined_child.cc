#include "base/confined_child.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/unique_fd.h"

namespace ignite {
namespace {

constexpr char kRemedy[] =
    "see that the kernel allows user namespaces (sysctl user.max_user_namespaces and "
    "kernel.unprivileged_userns_clone) to ignite";

/// What the child tells before it gives up. The pointers are ours: the child is a copy of us.
struct Failure {
  const char* doing;
  const char* what;
  int number;
};

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;

  static Result<Pipe> Make() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("making a pipe", errno);
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
};

/// Everything that the child needs, made before it exists: between clone and exec it may call
/// nothing that takes a lock or memory, for another thread of ours may have held either.
struct Preparation {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<const char*> writable;
  const char* folder = "/";
  bool files = false;
  bool network = true;
  bool root = false;
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t parent = getpid();
  int input = -1;
  int output = -1;
  int go = -1;
  int report = -1;

  bool Isolated() const { return files || !network; }
};

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void GiveUp(const Preparation& plan, const char* doing, const char* what) {
  Failure failure{doing, what, errno};
  (void)!write(plan.report, &failure, sizeof failure);
  _exit(127);
}

/// In the child.
void SetReadOnly(const Preparation& plan, const char* path, bool read_only) {
  mount_attr attributes{};
  (read_only ? attributes.attr_set : attributes.attr_clr) = MOUNT_ATTR_RDONLY;
  if (mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    GiveUp(plan, read_only ? "making all files read-only" : "keeping a folder writable", path);
}

/// In the child, in a mount namespace of its own.
void ArrangeFiles(const Preparation& plan) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    GiveUp(plan, "separating the mounts", "/");
  // The sockets of the services: D-Bus, databases. A socket on a file system belongs to no network
  // namespace.
  if (!plan.network && mount("none", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0 &&
      errno != ENOENT)
    GiveUp(plan, "hiding the sockets of the services", "/run");
  if (!plan.files) return;
  for (const char* path : plan.writable) {
    if (mount(path, path, nullptr, MS_BIND | MS_REC, nullptr) != 0)
      GiveUp(plan, "keeping a folder writable", path);
  }
  SetReadOnly(plan, "/", true);
  for (const char* path : plan.writable) SetReadOnly(plan, path, false);
}

/// In the child. The system calls themselves, for those of the C library would tell the threads,
/// which the child does not have.
void SwitchUser(const Preparation& plan) {
  if (plan.root && syscall(SYS_setgroups, 0, nullptr) != 0)
    GiveUp(plan, "leaving the groups", plan.arguments[0]);
  if (syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid) != 0 ||
      syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid) != 0)
    GiveUp(plan, "switching to the account of the program", plan.arguments[0]);
}

/// In the child: it ends when the process that cloned it ends. The kernel forgets that with every
/// switch of the user.
void EndWith(pid_t parent) {
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(127);
}

[[noreturn]] void Execute(const Preparation& plan, pid_t parent) {
  SwitchUser(plan);
  EndWith(parent);
  for (int number = 1; number < NSIG; ++number) (void)signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)umask(022);
  if (dup2(plan.input, STDIN_FILENO) < 0 || dup2(plan.output, STDOUT_FILENO) < 0 ||
      dup2(plan.output, STDERR_FILENO) < 0)
    GiveUp(plan, "connecting the standard streams", plan.arguments[0]);
  // A descriptor that somebody left open to us would be a way out.
  if (syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0)
    GiveUp(plan, "closing what is open", plan.arguments[0]);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    GiveUp(plan, "giving up new privileges", plan.arguments[0]);
  if (chdir(plan.folder) != 0) GiveUp(plan, "entering a folder", plan.folder);
  execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  GiveUp(plan, "starting", plan.arguments[0]);
}

/// fork(), without the locks that the C library takes for it.
pid_t Clone(unsigned long namespaces) {
  return static_cast<pid_t>(syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

/// The first process of the PID namespace: waits for the program, and takes all others along.
[[noreturn]] void WatchOver(const Preparation& plan) {
  pid_t program = Clone(0);
  if (program < 0) GiveUp(plan, "starting", plan.arguments[0]);
  if (program == 0) Execute(plan, 1);
  (void)close(plan.report);
  (void)close(plan.output);
  for (;;) {
    int status = 0;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended == program) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    if (ended < 0 && errno != EINTR) _exit(127);
  }
}

[[noreturn]] void BeChild(const Preparation& plan) {
  // Outside of our PID namespace is process 0.
  EndWith(plan.Isolated() ? 0 : plan.parent);
  char byte = 0;
  if (read(plan.go, &byte, 1) != 1) _exit(127);
  if (setsid() < 0) GiveUp(plan, "starting a session", plan.arguments[0]);
  if (!plan.Isolated()) Execute(plan, plan.parent);
  ArrangeFiles(plan);
  WatchOver(plan);
}

Result<> WriteMap(pid_t child, const char* name, const std::string& text) {
  std::string path = StrCat("/proc/", child, "/", name);
  UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return SystemError(StrCat("opening ", path), errno);
  return WriteAll(file.get(), AsBytes(text), path);
}

Result<> MapAccount(const Preparation& plan, pid_t child) {
  if (!plan.root) TRY(WriteMap(child, "setgroups", "deny"));
  TRY(WriteMap(child, "gid_map", StrCat(plan.gid, " ", plan.gid, " 1\n")));
  return WriteMap(child, "uid_map", StrCat(plan.uid, " ", plan.uid, " 1\n"));
}

/// Lets the child go on, and waits until the program has replaced it.
Result<> Release(const Preparation& plan, pid_t child, Pipe& go, Pipe& report) {
  if (plan.Isolated()) TRY(MapAccount(plan, child));
  go.read_end.Reset();
  TRY(WriteAll(go.write_end.get(), Bytes(1), "the child's pipe"));
  report.write_end.Reset();
  Failure failure{};
  ssize_t got = 0;
  do {
    got = read(report.read_end.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return {};
  if (got != sizeof failure) return SystemError("reading the child's report", errno);
  return SystemError(StrCat(failure.doing, " ", Quoted(failure.what)), failure.number);
}

Result<> CheckRequest(const Command& command, const Confinement& wanted) {
  if (command.attended)
    return Error{ErrorCode::kInternal, "an attended program cannot be confined", "report it"};
  if (!command.arguments[0].starts_with('/')) {
    return Error{
        ErrorCode::kInvalidArgument,
        StrCat("a confined program is named by its path, and not ", Quoted(command.arguments[0])),
        "name it from / on"};
  }
  if (wanted.uid == 0 || wanted.gid == 0) {
    return Error{ErrorCode::kRefused, StrCat(Quoted(command.arguments[0]), " would run as root"),
                 "give it an account of its own"};
  }
  if (geteuid() != 0 && (wanted.uid != geteuid() || wanted.gid != getegid())) {
    return Error{ErrorCode::kRefused,
                 StrCat("user ", geteuid(), " cannot run ", Quoted(command.arguments[0]),
                        " as user ", wanted.uid, " and group ", wanted.gid),
                 "run ignite as root"};
  }
  return {};
}

}  // namespace

Result<pid_t> StartConfined(const Command& command, std::vector<std::string> environment, int input,
                            int output) {
  const Confinement& wanted = *command.confinement;
  TRY(CheckRequest(command, wanted));
  Pipe go = TRY(Pipe::Make());
  Pipe report = TRY(Pipe::Make());
  std::vector<std::string> arguments = command.arguments;
  Preparation plan;
  plan.arguments = Pointers(arguments);
  plan.environment = Pointers(environment);
  plan.files = wanted.writable.has_value();
  if (plan.files) {
    for (const std::string& path : *wanted.writable) plan.writable.push_back(path.c_str());
    if (!plan.writable.empty()) plan.folder = plan.writable.front();
  }
  plan.network = wanted.network;
  plan.root = geteuid() == 0;
  plan.uid = wanted.uid;
  plan.gid = wanted.gid;
  plan.input = input;
  plan.output = output;
  plan.go = go.read_end.get();
  plan.report = report.write_end.get();

  unsigned long namespaces = plan.Isolated() ? CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID : 0;
  if (plan.files) namespaces |= CLONE_NEWIPC;
  if (!plan.network) namespaces |= CLONE_NEWNET;
  pid_t child = Clone(namespaces);
  if (child < 0) {
    return SystemError(StrCat("confining ", Quoted(command.arguments[0])), errno)
        .WithRemedy(kRemedy);
  }
  if (child == 0) {
    // Ours only: the child must see the end of the pipe when we end.
    (void)close(go.write_end.get());
    (void)close(report.read_end.get());
    BeChild(plan);
  }
  Result<> released = Release(plan, child, go, report);
  if (released) return child;
  (void)kill(child, SIGKILL);
  (void)waitpid(child, nullptr, 0);
  return std::move(released).error().With(StrCat("running ", Quoted(command.arguments[0])));
}

}  // namespace ignite
