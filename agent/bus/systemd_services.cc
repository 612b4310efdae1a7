#include "agent/bus/systemd_services.h"

#include "agent/bus/systemd_manager.h"
#include "base/str_cat.h"

namespace ignite::bus {
namespace {

using engine::Unit;

constexpr std::string_view kUnits = "/run/systemd/system";
constexpr std::string_view kWants = "/run/systemd/system/ignite-apps.target.wants";
constexpr const char* kTarget = "ignite-apps.target";
/// Names what is ours among the links and folders of others.
constexpr std::string_view kGateFile = "50-ignite.conf";
constexpr std::string_view kGate =
    "[Unit]\nRequires=ignite-recover.service\nAfter=ignite-recover.service\n";
constexpr mode_t kFolderMode = 0755;
constexpr mode_t kFileMode = 0644;

class SystemdServices : public engine::Services {
 public:
  SystemdServices(FileSystem& files, const engine::ProbePaths& paths)
      : files_(files), paths_(paths) {}

  Result<> Stop(const std::vector<Unit>& units) override { return RunJobs("StopUnit", units); }
  Result<> Start(const std::vector<Unit>& units) override { return RunJobs("StartUnit", units); }

  /// The wanted links are the record of what was published before.
  Result<> Publish(const std::vector<Unit>& units) override {
    for (const std::string& name : TRY(files_.List(paths_.Host(kWants)))) TRY(Forget(name));
    for (const Unit& unit : units) TRY(Gate(unit));
    return TRY(SystemdManager::Connect()).Reload();
  }

  Result<> CheckAnswer() override {
    TRY(SystemdManager::Connect());
    return {};
  }
  Result<> CheckRunning(const std::string& unit) override {
    std::string state = TRY(TRY(SystemdManager::Connect()).ActiveState(unit));
    if (state == "active") return {};
    return Error{ErrorCode::kIo, StrCat(unit, " is ", state),
                 StrCat("look at 'journalctl -u ", unit, "'")};
  }

 private:
  static Result<> RunJobs(const char* method, const std::vector<Unit>& units) {
    if (units.empty()) return {};
    return TRY(SystemdManager::Connect()).RunJobs(method, engine::NamesOf(units));
  }

  std::string UnitLink(std::string_view name) const {
    return paths_.Host(StrCat(kUnits, "/", name));
  }
  std::string GateFile(std::string_view name) const {
    return paths_.Host(StrCat(kUnits, "/", name, ".d/", kGateFile));
  }
  std::string WantedLink(std::string_view name) const {
    return paths_.Host(StrCat(kWants, "/", name));
  }

  /// The wanted link goes last: what an interruption leaves is found by it.
  Result<> Forget(const std::string& name) {
    auto link = TRY(files_.Inspect(UnitLink(name)));
    if (link && link->type == FileInfo::Type::kSymlink) TRY(files_.RemoveFile(UnitLink(name)));
    TRY(files_.RemoveFile(GateFile(name)));
    return files_.RemoveFile(WantedLink(name));
  }

  Result<> Gate(const Unit& unit) {
    TRY(files_.MakeDirectories(paths_.Host(kWants), kFolderMode));
    TRY(files_.ReplaceSymlink(WantedLink(unit.name), StrCat("../", unit.name)));
    TRY(files_.MakeDirectories(ParentOf(GateFile(unit.name)), kFolderMode));
    TRY(files_.WriteAtomically(GateFile(unit.name), AsBytes(kGate), kFileMode));
    if (unit.file.empty()) return {};
    return files_.ReplaceSymlink(UnitLink(unit.name), unit.file);
  }

  FileSystem& files_;
  const engine::ProbePaths& paths_;
};

class BootServices : public engine::Services {
 public:
  BootServices(FileSystem& files, const engine::ProbePaths& paths) : systemd_(files, paths) {}

  Result<> Stop(const std::vector<Unit>&) override { return {}; }
  Result<> Start(const std::vector<Unit>&) override { return {}; }
  Result<> Publish(const std::vector<Unit>& units) override {
    TRY(systemd_.Publish(units));
    return TRY(SystemdManager::Connect()).RequestStart(kTarget);
  }
  Result<> CheckAnswer() override { return systemd_.CheckAnswer(); }
  Result<> CheckRunning(const std::string& unit) override { return systemd_.CheckRunning(unit); }

 private:
  SystemdServices systemd_;
};

}  // namespace

std::unique_ptr<engine::Services> MakeSystemdServices(FileSystem& files,
                                                      const engine::ProbePaths& paths) {
  return std::make_unique<SystemdServices>(files, paths);
}

std::unique_ptr<engine::Services> MakeBootServices(FileSystem& files,
                                                   const engine::ProbePaths& paths) {
  return std::make_unique<BootServices>(files, paths);
}

}  // namespace ignite::bus
