#include "agent/cli/doctor.h"

#include <algorithm>
#include <array>

#include "agent/cli/mounts.h"
#include "agent/engine/deployment_store.h"
#include "agent/engine/examination.h"
#include "agent/engine/probe_files.h"
#include "agent/engine/report.h"
#include "agent/engine/running_system.h"
#include "agent/engine/space.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::cli {
namespace {

using engine::CheckResult;
using engine::ComponentRecord;

/// 2025-01-01: an older clock was never set.
constexpr int64_t kEarliestClock = 1'735'689'600;
constexpr uint32_t kForOthers = 0077;
constexpr uint32_t kWritableByOthers = 0022;

struct Patient {
  FileSystem& files;
  Clock& clock;
  const engine::ProbePaths& paths;
  const engine::Parts* parts;
  Result<engine::Snapshot> taken;  ///< Once, so that all checks speak of one moment.

  Result<const engine::Parts*> Parts() const {
    if (parts != nullptr) return parts;
    return Sick("it cannot be told before configuration and keys are right", "mend them first");
  }
  Result<const engine::Snapshot*> Snapshot() const {
    if (taken) return &*taken;
    return taken.error();
  }
  static Error Sick(std::string cause, std::string remedy) {
    return {ErrorCode::kRefused, std::move(cause), std::move(remedy)};
  }
};

/// What was found where all is well, else an Error.
using Finding = Result<std::string>;

Finding ExamineConfiguration(const Patient& patient) {
  engine::Settings settings = TRY(engine::LoadSettings(patient.files, patient.paths));
  TRY(engine::LoadReportRecipient(patient.files, patient.paths, settings));
  return StrCat("this is a ", settings.product, " for ", settings.compatible);
}

Finding ExamineKeyring(const Patient& patient) {
  format::Keyring keyring = TRY(engine::LoadKeyring(patient.files, patient.paths));
  if (!keyring.roles().contains(format::Role::kRelease)) {
    return Patient::Sick("the keyring has no role release, so no product can be trusted",
                         "make it anew with 'ignite-pack keyring --role release=...'");
  }
  return StrCat("the keyring is version ", keyring.version(), " with ",
                Counted(keyring.roles().size(), "role", "roles"));
}

Finding ExamineIdentity(const Patient& patient) {
  auto identities = TRY(engine::LoadIdentities(patient.files, patient.paths));
  if (identities.empty()) {
    return Patient::Sick(StrCat(patient.paths.Identity(), " is missing: no bundle can be read"),
                         "put a key there that 'ignite-pack keygen --identity' makes");
  }
  return Counted(identities.size(), "identity", "identities");
}

/// Whoever could write there could have this probe trust him, or read what is for it alone.
Result<> CheckSecurity(const Patient& patient) {
  const engine::ProbePaths& paths = patient.paths;
  std::vector<std::string> identities = {paths.Identity()};
  for (const std::string& name : TRY(patient.files.List(paths.Identities())))
    identities.push_back(StrCat(paths.Identities(), "/", name));
  for (const std::string& identity : identities) {
    auto info = TRY(patient.files.Inspect(identity));
    if (info && (info->mode & kForOthers) != 0) {
      return Patient::Sick(StrCat("others than root can read ", identity),
                           StrCat("chmod 0600 ", identity));
    }
  }
  for (const std::string& path : {ParentOf(paths.Keyring()), paths.Keyring(), paths.Settings(),
                                  paths.Identities(), paths.Journal()}) {
    auto info = TRY(patient.files.Inspect(path));
    if (info && (info->uid != 0 || (info->mode & kWritableByOthers) != 0)) {
      return Patient::Sick(StrCat("others than root can write to ", path),
                           StrCat("chown root ", path, " && chmod go-w ", path));
    }
  }
  return {};
}

Finding ExamineFolders(const Patient& patient) {
  const engine::ProbePaths& paths = patient.paths;
  TRY(CheckSecurity(patient));
  for (const std::string& folder : {paths.State(), paths.Inbox(), paths.Outbox()}) {
    auto info = TRY(patient.files.Inspect(folder));
    if (!info && folder == paths.State()) continue;  // The first transaction makes it.
    if (!info || info->type != FileInfo::Type::kDirectory)
      return Patient::Sick(StrCat(folder, " is no folder"), StrCat("mkdir -p ", folder));
    bool is_inbox = folder == paths.Inbox();
    if (!is_inbox && (info->uid != 0 || (info->mode & kWritableByOthers) != 0)) {
      return Patient::Sick(StrCat("others than root can write to ", folder),
                           StrCat("chown root ", folder, " && chmod go-w ", folder));
    }
  }
  return std::string("state, inbox and outbox are there, and nobody else may write to keys");
}

Finding ExamineMounts(const Patient& patient) {
  Mounts mounts = TRY(Mounts::Read(patient.files));
  for (const std::string& folder : {patient.paths.State(), patient.paths.Outbox()}) {
    Mount mount = mounts.Of(folder);
    if (mount.read_only) {
      return Patient::Sick(StrCat(folder, " lies on ", mount.place, ", which is read-only"),
                           "mount it so that it can be written");
    }
    bool in_memory = mount.type == "tmpfs" || mount.type == "ramfs";
    if (in_memory && patient.paths.IsRealRoot()) {
      return Patient::Sick(StrCat(folder, " lies in memory (", mount.type, " on ", mount.place,
                                  ") and is lost at the next boot"),
                           "put it on a disk");
    }
  }
  return std::string("state and outbox are on disks that can be written");
}

/// As much again as what runs: what the next release will take, more or less.
Finding ExamineSpace(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  // The journal needs room also where nothing was installed yet, and so nothing is taken again.
  engine::SpaceDemand journal;
  journal.path = parts.paths.State();
  journal.space = TRY(parts.files.SpaceAt(journal.path));
  if (!journal.Fits()) {
    return Patient::Sick(
        StrCat("the file system of ", journal.path, " has ", SizeInWords(journal.space.free_bytes),
               " free, every transaction needs ", SizeInWords(engine::kReserveBytes)),
        "free space there");
  }
  const engine::Snapshot& snapshot = *TRY(patient.Snapshot());
  engine::Plan again;
  if (!snapshot.deployments.empty()) {
    for (const ComponentRecord& record : snapshot.deployments.back().components)
      again.changes.push_back({std::nullopt, record});
  }
  for (const engine::SpaceDemand& demand :
       TRY(engine::SpaceDemands(again, parts.files, parts.handlers))) {
    if (demand.Fits()) continue;
    return Patient::Sick(
        StrCat("the file system of ", demand.path, " has ", SizeInWords(demand.space.free_bytes),
               " free, another release like this one takes ", SizeInWords(demand.bytes)),
        "free space there, or lower keep-deployments in agent.ini");
  }
  return std::string("there is room for another release like the present one");
}

Finding ExamineJournal(const Patient& patient) {
  auto entries = TRY(engine::ReadHistoryChain(patient.paths));
  if (auto fault = engine::FindHistoryFault(entries))
    return Patient::Sick(StrCat("the history was changed: ", *fault),
                         "compare it with an earlier export");
  return StrCat("the journal can be read, and the history, ",
                Counted(entries.size(), "entry", "entries"), " long, was not changed");
}

Finding ExamineTransaction(const Patient& patient) {
  const engine::Snapshot& snapshot = *TRY(patient.Snapshot());
  if (!snapshot.transaction) return std::string("no transaction is under way");
  if (snapshot.interrupted) return engine::Interruption(*snapshot.transaction);
  if (snapshot.transaction->WaitsForReboot())
    return StrCat("transaction ", snapshot.transaction->id, " goes on with the next boot");
  if (snapshot.transaction->state != engine::State::kStuck)
    return StrCat("transaction ", snapshot.transaction->id, " is under way");
  return Patient::Sick(StrCat("the probe is stuck: ", snapshot.transaction->cause),
                       snapshot.transaction->remedy);
}

/// A hold is somebody's will or the mark of a rollback, and no fault of the probe.
Finding ExamineHolds(const Patient& patient) {
  std::vector<std::string> holds;
  for (const std::string& held : (*TRY(patient.Snapshot())).holds)
    holds.push_back(engine::HoldText(held));
  return holds.empty() ? std::string("nothing is held") : StrCat("held: ", Joined(holds));
}

Finding ExamineDeployment(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  const engine::Snapshot& snapshot = *TRY(patient.Snapshot());
  if (snapshot.deployments.empty()) return std::string("nothing was installed yet");
  const engine::DeploymentRecord& current = snapshot.deployments.back();
  int64_t active = TRY(engine::DeploymentStore(parts.files, parts.paths, parts.handlers).Active());
  if (!snapshot.transaction && active != current.number) {
    return Patient::Sick(
        StrCat("deployment ", active, " is active, the journal says ", current.number),
        "'ignite rollback', or install a bundle: either makes them agree");
  }
  for (const ComponentRecord& record : current.components) {
    engine::Handler* handler = parts.handlers.Find(record);
    if (handler != nullptr && TRY(handler->HasRelease(record))) continue;
    return Patient::Sick(StrCat("the release of ", record.component, " is gone or lacks files"),
                         "install its bundle again");
  }
  return StrCat("deployment ", current.number, " is complete");
}

Finding ExamineAccounts(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  const engine::Snapshot& snapshot = *TRY(patient.Snapshot());
  if (snapshot.deployments.empty()) return std::string("nothing was installed yet");
  for (const ComponentRecord& record : snapshot.deployments.back().components) {
    engine::Handler* handler = parts.handlers.Find(record);
    if (handler != nullptr) TRY(handler->CheckAccounts());
  }
  return std::string("the accounts that programs of bundles run as are there");
}

Finding ExamineClock(const Patient& patient) {
  int64_t now = patient.clock.WallSeconds();
  int64_t latest = kEarliestClock;
  for (const auto& transaction : TRY(engine::ReadHistory(patient.paths)))
    latest = std::max(latest, transaction.ended);
  if (now >= latest) return engine::TimeText(now);
  return Patient::Sick(StrCat("the clock says ", engine::TimeText(now), ", which is before ",
                              engine::TimeText(latest)),
                       "set it: windows and the times of the history follow it, updates do not");
}

Finding ExamineServices(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  TRY(parts.services.CheckAnswer());
  bool systemd = parts.settings.services == engine::ServicesBackend::kSystemd;
  constexpr std::string_view kEnabled =
      "/etc/systemd/system/multi-user.target.wants/ignite-recover.service";
  if (systemd && !TRY(parts.files.Inspect(parts.paths.Host(kEnabled)))) {
    return Patient::Sick("ignite-recover.service is not enabled: applications do not start at boot",
                         "systemctl enable ignite-recover.service");
  }
  return std::string("the services back end answers");
}

Finding ExamineBoot(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  if (parts.settings.boot == engine::BootBackend::kNone)
    return std::string("this probe has no slots for an operating system");
  engine::Slot booted = TRY(parts.boot.Booted());
  const engine::Snapshot& snapshot = *TRY(patient.Snapshot());
  if (auto wrong = engine::FindWrongSystem(snapshot.deployments, snapshot.transaction,
                                           parts.handlers, parts.boot))
    return wrong->error;
  auto next = TRY(parts.boot.Next());
  std::string finding = StrCat("slot ", engine::SlotName(booted), " runs");
  if (!next) return finding;
  return StrCat(finding, ", the next boot enters slot ", engine::SlotName(*next));
}

/// Where a path leads; of one that is not there yet, its nearest folder.
std::string Resolved(FileSystem& files, std::string path) {
  for (;; path = ParentOf(path)) {
    if (auto real = files.RealPath(path)) return *real;
    if (path == "/") return path;
  }
}

/// Of a link, where it lies itself.
std::string PlaceOf(FileSystem& files, const std::string& path) {
  return StrCat(Resolved(files, ParentOf(path)), path.substr(path.rfind('/')));
}

/// Of those the ones that the other slot has not, for they lie on the one that runs. None where the
/// root is no slot: the probe has none, or --root names a mere folder.
Result<std::vector<std::string>> OnTheSlot(const Patient& patient,
                                           const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  Mounts mounts = TRY(Mounts::Read(patient.files));
  std::string root = patient.paths.Root();
  if (!mounts.IsPlace(root)) return found;
  for (const std::string& path : paths) {
    if (mounts.LiesIn(path, root)) found.push_back(path);
  }
  return found;
}

Finding ExamineData(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  if (parts.settings.boot == engine::BootBackend::kNone)
    return std::string("there is no second slot that it must be shared with");
  FileSystem& files = parts.files;
  std::vector<std::string> paths;
  for (const std::string& path : {parts.paths.State(), parts.paths.Inbox(), parts.paths.Outbox()})
    paths.push_back(Resolved(files, path));
  const engine::Snapshot& snapshot = *TRY(patient.Snapshot());
  if (!snapshot.deployments.empty()) {
    for (const ComponentRecord& record : snapshot.deployments.back().components) {
      engine::Handler* handler = parts.handlers.Find(record);
      if (handler == nullptr) continue;
      for (const std::string& place : TRY(handler->Places(record))) {
        // A database of a server is no path.
        if (place.starts_with('/')) paths.push_back(PlaceOf(files, parts.paths.Host(place)));
      }
    }
  }
  auto found = TRY(OnTheSlot(patient, paths));
  if (found.empty()) return std::string("state, inbox, outbox and components are on no slot");
  return Patient::Sick(
      StrCat("the other slot would not have what lies on the one that runs: ", Joined(found)),
      "keep it on a file system that both slots mount, see 'The data file system' in the manual");
}

/// A service that a timer, a socket or a path of the same name starts is at rest in between.
bool IsTriggered(const std::string& unit, const std::vector<std::string>& units) {
  std::string stem = unit.substr(0, unit.rfind('.'));
  return std::any_of(units.begin(), units.end(), [&](const std::string& other) {
    return other == stem + ".timer" || other == stem + ".socket" || other == stem + ".path";
  });
}

Finding ExamineUnits(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  const engine::Snapshot& snapshot = *TRY(patient.Snapshot());
  if (parts.settings.services == engine::ServicesBackend::kNone)
    return std::string("nobody looks after units here");
  if (snapshot.deployments.empty()) return std::string("nothing was installed yet");
  if (snapshot.transaction) return std::string("a transaction may have stopped them");
  auto units =
      engine::NamesOf(TRY(engine::UnitsOf(snapshot.deployments.back().components, parts.handlers)));
  std::vector<std::string> down;
  for (const std::string& unit : units) {
    bool is_service = unit.ends_with(".service");
    if (is_service && IsTriggered(unit, units)) continue;
    if (!parts.services.CheckRunning(unit)) down.push_back(unit);
  }
  if (down.empty()) return StrCat("of ", Counted(units.size(), "unit", "units"), " none is down");
  return Patient::Sick(StrCat("units of the deployment do not run: ", Joined(down)),
                       "start them, or reboot; the log of each says why it stopped");
}

/// Of what makes the probe this one, and must not change with its operating system.
Finding ExamineProbeFiles(const Patient& patient) {
  const engine::Parts& parts = *TRY(patient.Parts());
  if (parts.settings.boot == engine::BootBackend::kNone)
    return std::string("there is no second slot that could have others");
  FileSystem& files = parts.files;
  std::vector<std::string> names = {"/etc/machine-id", "/etc/ignite"};
  for (const std::string& name : TRY(files.List(parts.paths.Host("/etc/ssh")))) {
    if (name.starts_with("ssh_host_")) names.push_back(StrCat("/etc/ssh/", name));
  }
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    if (auto real = files.RealPath(parts.paths.Host(name))) paths.push_back(*real);
  }
  auto found = TRY(OnTheSlot(patient, paths));
  if (found.empty()) return std::string("the files of this very probe are on no slot");
  return Patient::Sick(
      StrCat("the other slot has none or others of these: ", Joined(found)),
      "keep them on the data file system and bind or link them from there, in both slots; see "
      "'The data file system' in the manual");
}

struct NamedExamination {
  std::string_view id;
  Finding (*examine)(const Patient& patient);
};

constexpr std::array kExaminations = {
    NamedExamination{"configuration", ExamineConfiguration},
    NamedExamination{"keyring", ExamineKeyring},
    NamedExamination{"identity", ExamineIdentity},
    NamedExamination{"folders", ExamineFolders},
    NamedExamination{"mounts", ExamineMounts},
    NamedExamination{"space", ExamineSpace},
    NamedExamination{"journal", ExamineJournal},
    NamedExamination{"transaction", ExamineTransaction},
    NamedExamination{"holds", ExamineHolds},
    NamedExamination{"deployment", ExamineDeployment},
    NamedExamination{"accounts", ExamineAccounts},
    NamedExamination{"clock", ExamineClock},
    NamedExamination{"services", ExamineServices},
    NamedExamination{"units", ExamineUnits},
    NamedExamination{"boot", ExamineBoot},
    NamedExamination{"data", ExamineData},
    NamedExamination{"probe-files", ExamineProbeFiles},
};

}  // namespace

Result<Answer> Doctor(FileSystem& files, Clock& clock, const engine::ProbePaths& paths,
                      const engine::Parts* parts) {
  Patient patient{files, clock, paths, parts, engine::TakeSnapshot(files, paths)};
  std::vector<CheckResult> checks;
  bool healthy = true;
  for (const NamedExamination& examination : kExaminations) {
    Finding found = examination.examine(patient);
    healthy &= found.has_value();
    CheckResult check{std::string(examination.id), found.has_value(), {}, {}};
    check.cause = found ? *found : found.error().cause;
    if (!found) check.remedy = found.error().remedy;
    checks.push_back(std::move(check));
  }
  Json document = Json::EmptyObject();
  document.Set("healthy", healthy).Set("checks", engine::ChecksJson(checks));
  return Answer{std::move(document), engine::ChecksText(checks),
                healthy ? engine::exit_code::kDone : engine::exit_code::kFailed};
}

}  // namespace ignite::cli
