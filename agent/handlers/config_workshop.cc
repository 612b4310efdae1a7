#include "agent/handlers/config_workshop.h"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "agent/engine/probe_files.h"
#include "agent/engine/report.h"
#include "agent/engine/space.h"
#include "agent/handlers/accounts.h"
#include "agent/handlers/bundle_program.h"
#include "agent/handlers/folder_copy.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

using engine::ComponentRecord;

constexpr mode_t kTraversable = 0755;
constexpr size_t kMaxLine = 4096;
constexpr std::string_view kAccount = "ignite-config";

/// The first line of a small file, empty where it cannot be read.
std::string FirstLine(FileSystem& files, const std::string& path) {
  auto text = files.ReadFile(path, kMaxLine);
  if (!text) return {};
  return std::string(TrimSpace(std::string_view(*text).substr(0, text->find('\n'))));
}

Json Interfaces(FileSystem& files, const std::string& folder) {
  Json interfaces = Json::EmptyArray();
  auto names = files.List(folder);
  if (!names) return interfaces;
  for (const std::string& name : *names) {
    if (name == "lo") continue;
    Json interface = Json::EmptyObject();
    interface.Set("name", name);
    interfaces.Push(
        interface.Set("address", FirstLine(files, StrCat(folder, "/", name, "/address"))));
  }
  return interfaces;
}

}  // namespace

std::string ConfigWorkshop::Home(const ComponentRecord& record) const {
  return StrCat(paths_.State(), "/workshop/", record.component, "/", record.release);
}

Result<Json> ConfigWorkshop::Facts(const ComponentRecord& record) const {
  engine::Settings settings = TRY(engine::LoadSettings(files_, paths_));
  engine::Snapshot snapshot = TRY(engine::TakeSnapshot(files_, paths_));
  Json components = Json::EmptyObject();
  Json deployment;
  if (!snapshot.deployments.empty()) {
    deployment = snapshot.deployments.back().number;
    for (const ComponentRecord& other : snapshot.deployments.back().components)
      components.Set(other.component, other.version);
  }
  Json facts = Json::EmptyObject();
  facts.Set("component", record.component).Set("version", record.version);
  facts.Set("product", settings.product).Set("compatible", settings.compatible);
  facts.Set("channel", settings.channel);
  facts.Set("identity", identities_.empty() ? "" : ToHex(identities_.front().public_key().bytes));
  facts.Set("deployment", std::move(deployment)).Set("components", std::move(components));
  facts.Set("hostname", FirstLine(files_, paths_.Host("/etc/hostname")));
  return facts.Set("interfaces", Interfaces(files_, paths_.Host("/sys/class/net")));
}

Result<Confinement> ConfigWorkshop::Account() const {
  Confinement account;
  account.network = false;
  if (geteuid() != 0) {
    account.uid = geteuid();
    account.gid = getegid();
    return account;
  }
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  auto user = accounts.User(kAccount);
  auto group = accounts.Group(kAccount);
  account.uid = user && group ? *user : accounts.User("nobody").value_or(kNobody);
  account.gid = user && group ? *group : accounts.Group("nogroup").value_or(kNoGroup);
  return account;
}

Result<> ConfigWorkshop::CheckAccount() const {
  if (geteuid() != 0) return {};
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  if (accounts.User(kAccount) && accounts.Group(kAccount)) return {};
  return Error{ErrorCode::kRefused,
               StrCat("the account ", kAccount,
                      " is missing: programs of configurations run as nobody, beside others"),
               "systemd-sysusers makes it, as the package ignite-agent says"};
}

Result<> ConfigWorkshop::Make(const Job& job) {
  TRY(Discard(job.record));
  TRY(files_.RemoveTree(job.release));
  std::string home = Home(job.record);
  std::string copy = home + "/copy";
  std::string temporary = home + "/tmp";
  TRY(files_.MakeDirectories(home, kTraversable));
  Confinement account = TRY(Account());
  account.writable = {copy, temporary};
  TRY(Fill(job.source, copy, account));
  TRY(Fill("", temporary, account));
  for (const std::string& program : job.programs) TRY(Run(program, job, account));
  TRY(Publish(copy, job));
  return Discard(job.record);
}

Result<> ConfigWorkshop::Discard(const ComponentRecord& record) {
  return files_.RemoveTree(Home(record));
}

Result<> ConfigWorkshop::Fill(const std::string& source, const std::string& copy,
                              const Confinement& account) {
  if (source.empty()) {
    auto tree = TRY(files_.CreateTree(copy));
    return tree->SetDirectoryAttributes("", {0700, account.uid, account.gid, {}, {}});
  }
  return CopyFolder(files_, source, copy, [&](const FolderEntry& entry) {
    FileAttributes attributes = SameAttributes(entry);
    attributes.uid = account.uid;
    attributes.gid = account.gid;
    // Its owner must be able to change it, and nobody else may look.
    attributes.mode &= 0700;
    attributes.mode |= entry.info.type == FileInfo::Type::kDirectory ? 0700 : 0600;
    return attributes;
  });
}

Result<> ConfigWorkshop::Run(const std::string& program, const Job& job,
                             const Confinement& account) {
  const std::string& copy = account.writable->front();
  Command command{{program, copy}};
  command.environment = {"HOME=" + copy, "TMPDIR=" + account.writable->back(), "LC_ALL=C.UTF-8"};
  command.timeout = kProgramTimeLimit;
  std::string facts = TRY(Facts(job.record)).Dump(true) + "\n";
  command.input = Bytes(AsBytes(facts).begin(), AsBytes(facts).end());
  command.confinement = account;
  bool has_room = true;
  command.watch = [&](std::string_view) {
    auto space = files_.SpaceAt(copy);
    has_room = space && space->free_bytes >= engine::kReserveBytes;
    return has_room && job.watch(StrCat("making the configuration ", job.record.component));
  };
  auto done = RunBundleProgram(process_, command);
  if (!has_room)
    done = Error{ErrorCode::kRefused, StrCat("'", program, "' was filling the disk"), ""};
  if (done || done.error().code == ErrorCode::kCancelled) return done;
  return std::move(done)
      .error()
      .With(StrCat("making the configuration ", job.record.component))
      .WithRemedy(StrCat(
          "correct this program of the bundle: it may write to its folder alone, has no network, "
          "and must end within ",
          kProgramTimeLimit.count(), " s"));
}

Result<> ConfigWorkshop::Publish(const std::string& copy, const Job& job) {
  std::map<std::string, FileInfo> known;
  FileInfo& root = known[""];
  root.type = FileInfo::Type::kDirectory;
  root.mode = kTraversable;
  root.uid = geteuid();
  root.gid = getegid();
  if (!job.source.empty()) {
    auto entries = TRY(ListFolder(files_, job.source));
    for (const FolderEntry& entry : entries) known[entry.path] = entry.info;
  }
  TRY(files_.MakeDirectories(ParentOf(job.release), kTraversable));
  return CopyFolder(files_, copy, job.release, [&](const FolderEntry& entry) {
    auto before = known.find(entry.path);
    bool existed = before != known.end() && before->second.type == entry.info.type;
    size_t slash = std::min(entry.path.rfind('/'), entry.path.size());
    const FileInfo& model =
        existed ? before->second
                : known[slash == entry.path.size() ? "" : entry.path.substr(0, slash)];
    FolderEntry made = entry;
    made.info.uid = model.uid;
    made.info.gid = model.gid;
    // What is new has no more than its folder gives, and no privilege.
    made.info.mode = existed ? model.mode : entry.info.mode & model.mode & 0777;
    known[entry.path] = made.info;
    return SameAttributes(made);
  });
}

}  // namespace ignite::handlers
