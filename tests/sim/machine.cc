#include "tests/sim/machine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite::sim {

using fakes::Fate;
using fakes::MemoryDisk;
using fakes::MemoryFileSystem;
using fakes::MemoryVfs;
using fakes::Must;

namespace {

constexpr std::array<std::string_view, 13> kWrites = {
    "write",  "create",       "mkdir",    "symlink", "link",     "rename",         "fsync",
    "syncfs", "fsync-folder", "db-write", "db-open", "db-fsync", "db-fsync-folder"};

constexpr std::array<std::string_view, 5> kUnitCalls = {"stop", "publish", "start", "health",
                                                        "run"};
constexpr std::array kScopes = {"", " of writes", " of the database", " of units"};

/// What a new probe has in its first slot.
constexpr std::string_view kFactoryFile = "made-in-the-factory";
constexpr int kMostBoots = 8;

std::string FolderOf(engine::Slot slot) { return StrCat("/slots/", engine::SlotName(slot)); }

std::string NameOf(const std::string& unit_file) {
  return unit_file.substr(unit_file.rfind('/') + 1);
}

std::vector<std::string> Names(const std::vector<engine::Unit>& units) {
  std::vector<std::string> names;
  for (const engine::Unit& unit : units) names.push_back(unit.name);
  return names;
}

}  // namespace

std::string Trouble::Text() const {
  std::string text = StrCat(" at call ", at, lasts ? " and for ever" : "");
  if (fate.kind == Fate::Kind::kDies) return (cuts_power ? "power cut" : "kill") + text;
  return StrCat(strerrorname_np(fate.error), fate.late ? " (too late)" : "",
                kScopes[static_cast<size_t>(scope)], text);
}

bool Trouble::Concerns(std::string_view call) const {
  auto is_one_of = [&](const auto& calls) {
    return std::find(calls.begin(), calls.end(), call) != calls.end();
  };
  switch (scope) {
    case Scope::kAll:
      return true;
    case Scope::kWrites:
      return is_one_of(kWrites);
    case Scope::kDatabase:
      return call.starts_with("db-");
    case Scope::kUnits:
      return is_one_of(kUnitCalls);
  }
  return true;
}

RealFolder::RealFolder() : root_(folder_ / "probe") {
  engine::ProbePaths paths(root_);
  Must(MakePosixFileSystem()->MakeDirectories(paths.State(), 0700));
  std::ofstream(paths.Journal()).flush();
}

Machine::Machine(const Pool& own_pool, const RealFolder& folder, Control control)
    : pool(own_pool),
      paths(folder.root()),
      files(disk, *this),
      vfs(disk, *this),
      control_(control),
      handlers_(files, programs_, clock, paths, settings, pool.identities(), loader_),
      weak_handlers_(handlers_, control) {
  settings.product = "netprobe";
  settings.compatible = "box";
  settings.trial = std::chrono::milliseconds(2'000);
  settings.threads = 1;
  for (engine::Slot slot : {engine::Slot::kA, engine::Slot::kB}) {
    settings.slots[static_cast<size_t>(slot)].path = FolderOf(slot);
    Must(files.MakeDirectories(paths.Host(FolderOf(slot)), 0755));
  }
  std::string factory = StrCat(paths.Host(FolderOf(engine::Slot::kA)), "/", kFactoryFile);
  Must(files.WriteAtomically(factory, {}, 0644));
  disk.SyncAll();  // Or a power cut would draw for these folders, and a story depend on how many.
  using enum Control;
  if (control == kNoSyncOfFileSystem) files.ignored = {MemoryFileSystem::Sync::kEverything};
  if (control == kNoSyncOfFolder) files.ignored = {MemoryFileSystem::Sync::kFolder};
  if (control == kNoSyncOfDatabase) vfs.ignored = {MemoryVfs::Sync::kDatabase};
  if (control == kNoSyncOfDatabaseJournal) vfs.ignored = {MemoryVfs::Sync::kJournal};
  if (control == kNoSyncOfDatabaseFolder) vfs.ignored = {MemoryVfs::Sync::kFolder};
}

engine::Parts Machine::parts() {
  return {paths,     settings, fakes::Keys().keyring, pool.identities(), files,  clock,
          services_, health_,  weak_handlers_,        loader_,           loader_};
}

void Machine::Expect(std::vector<Trouble> troubles) {
  troubles_ = std::move(troubles);
  calls_ = 0;
}

Fate Machine::Next(std::string_view call) {
  if (is_dead_) return {Fate::Kind::kDies, 0, false};
  ++calls_;
  for (const Trouble& trouble : troubles_) {
    if (calls_ != trouble.at && !(trouble.lasts && calls_ > trouble.at)) continue;
    if (!trouble.Concerns(call)) continue;
    ++troubled_calls_;
    is_dead_ = trouble.fate.kind == Fate::Kind::kDies;
    lost_power_ |= is_dead_ && trouble.cuts_power;
    return trouble.fate;
  }
  return {};
}

Fate Machine::NextOrDie(std::string_view call) {
  Fate fate = Next(call);
  if (fate.kind == Fate::Kind::kDies) throw fakes::ProcessDied();
  return fate;
}

std::optional<Error> Machine::Fails(std::string_view call) {
  Fate fate = NextOrDie(call);
  if (fate.kind == Fate::Kind::kFails) return SystemError(call, fate.error);
  return std::nullopt;
}

void Machine::Boot() {
  running.clear();
  published.clear();
  clock.now = Clock::Milliseconds(1'000);
  for (int boots = 0; boots < kMostBoots; ++boots) {
    loader_.state.Start();
    const Edition* system = SystemIn(loader_.state.booted);
    if (system == nullptr || system->starts) return;
  }
  throw Violation{"the machine does not come up any more"};
}

void Machine::Reboot() {
  disk.SyncAll();
  Boot();
}

const Edition* Machine::SystemIn(engine::Slot slot) const {
  auto found = disk.Find(paths.Host(FolderOf(slot)), MemoryDisk::Follow::kAll);
  if (found.node->names.contains(std::string(kFactoryFile))) return nullptr;
  const Edition* place = pool.places()[pool.PlaceOfSystem()];
  const Edition* system = pool.FindTree(*place, TreeText(*found.node));
  if (system == nullptr)
    throw Violation{StrCat("slot ", engine::SlotName(slot), " runs, and has no whole system")};
  return system;
}

void Machine::Restart(MemoryDisk::Cut how, fakes::Random& random) {
  if (lost_power_) {
    disk.CutPower(how, random);
    Boot();
  }
  is_dead_ = lost_power_ = false;
  ExpectNothing();
}

size_t Machine::PlaceOfUnit(std::string_view unit) const {
  for (size_t i = 0; i < pool.places().size(); ++i) {
    if (NameOf(pool.places()[i]->unit) == unit) return i;
  }
  throw Violation{StrCat("there is no unit ", unit)};
}

View Machine::Live() const {
  View view;
  for (const Edition* place : pool.places()) {
    if (place->IsSystem()) {
      view.push_back(SystemIn(loader_.state.booted));
      continue;
    }
    auto found = disk.Find(paths.Host(place->Live()), MemoryDisk::Follow::kAll);
    if (found.node == nullptr) {
      view.push_back(nullptr);
      continue;
    }
    view.push_back(pool.FindTree(*place, TreeText(*found.node)));
    if (view.back() == nullptr)
      throw Violation{
          StrCat("what is live at ", place->Live(), " is no whole edition: ", found.real)};
  }
  return view;
}

void Machine::CheckRunning() const {
  if (running.empty()) return;
  View live = Live();
  for (const auto& [unit, edition] : running) {
    const Edition* now = live[PlaceOfUnit(unit)];
    if (now != edition)
      throw Violation{StrCat(unit, " was started with ", edition->version, " and now sees ",
                             now == nullptr ? "nothing" : now->version)};
  }
}

void Machine::StartUnits(const std::vector<std::string>& units) {
  View live = Live();
  if (!units.empty() && on_start) on_start(live);
  for (const std::string& unit : units) {
    if (!published.contains(unit)) throw Violation{StrCat(unit, " is started, but not published")};
    const Edition* edition = live[PlaceOfUnit(unit)];
    if (edition == nullptr) throw Violation{StrCat(unit, " is started, but its tree is not live")};
    running.emplace(unit, edition);
  }
}

void Machine::StartPublished() {
  StartUnits(std::vector<std::string>(published.begin(), published.end()));
}

template <class Effect>
Result<> Machine::ForUnits(std::string_view call, const std::vector<std::string>& units,
                           Effect effect) {
  CheckRunning();
  Fate fate = NextOrDie(call);
  bool fails = fate.kind == Fate::Kind::kFails;
  auto part = units;
  if (fails) part.resize(fate.late ? (units.size() + 1) / 2 : 0);
  effect(part);
  return fails ? Result<>(SystemError(call, fate.error)) : Result<>();
}

Result<> Machine::Services::Stop(const std::vector<engine::Unit>& units) {
  return machine_.ForUnits("stop", Names(units), [&](const std::vector<std::string>& part) {
    if (machine_.control_ == Control::kUnitsNotStopped) return;
    for (const std::string& unit : part) {
      bool was_running = machine_.running.erase(unit) > 0;
      if (was_running && machine_.control_ == Control::kUnitsStartedTooSoon)
        machine_.StartUnits({unit});
    }
  });
}

Result<> Machine::Services::Publish(const std::vector<engine::Unit>& units) {
  if (auto error = machine_.Fails("publish")) return *error;
  if (machine_.control_ == Control::kUnitsNotPublished) return {};
  auto names = Names(units);
  machine_.published = std::set<std::string>(names.begin(), names.end());
  return {};
}

Result<> Machine::Services::Start(const std::vector<engine::Unit>& units) {
  return machine_.ForUnits("start", Names(units), [&](const std::vector<std::string>& part) {
    machine_.StartUnits(part);
  });
}

Result<> Machine::Services::CheckRunning(const std::string& unit) {
  if (auto error = machine_.Fails("is-running")) return *error;
  if (machine_.running.contains(unit)) return {};
  return Error{ErrorCode::kIo, StrCat(unit, " does not run"), "look at it"};
}

Result<> Machine::Health::Attempt(const format::HealthCheckInfo& check, std::chrono::milliseconds) {
  machine_.CheckRunning();
  if (auto error = machine_.Fails("health")) return *error;
  if (machine_.control_ == Control::kHealthAlwaysGood) return {};
  for (const Edition* edition : machine_.Live()) {
    if (edition == nullptr || edition->Name() != check.name || edition->is_broken) continue;
    if (edition->IsSystem() || machine_.running.contains(NameOf(edition->unit))) return {};
  }
  return Error{ErrorCode::kIo, "it is not well", "none"};
}

template <class Effect>
Result<> Machine::Loader::Change(std::string_view call, Effect effect) {
  Fate fate = machine_.NextOrDie(call);
  bool fails = fate.kind == Fate::Kind::kFails;
  if (!fails || fate.late) TRY(effect());
  return fails ? Result<>(SystemError(call, fate.error)) : Result<>();
}

Result<std::optional<engine::Slot>> Machine::Loader::Next() {
  if (auto error = machine_.Fails("next-slot")) return *error;
  return state.Next();
}

Result<> Machine::Loader::SetTrial(engine::Slot slot, int tries) {
  bool is_final = machine_.control_ == Control::kNoTrialOfSystem;
  return Change("set-trial",
                [&] { return is_final ? state.MarkGood(slot) : state.SetTrial(slot, tries); });
}

Result<> Machine::Loader::MarkGood(engine::Slot slot) {
  if (machine_.control_ == Control::kSystemNotKept) return {};
  return Change("mark-good", [&] { return state.MarkGood(slot); });
}

Result<> Machine::Loader::MarkBad(engine::Slot slot) {
  if (machine_.control_ == Control::kSystemNotLeft) return {};
  return Change("mark-bad", [&] { return state.MarkBad(slot); });
}

Result<> Machine::Loader::Request() {
  if (auto error = machine_.Fails("reboot")) return *error;
  return {};
}

/// systemd-sysusers --root=ROOT --inline -- "u NAME ID"...
Result<Outcome> Machine::Programs::Run(const Command& command) {
  if (auto error = machine_.Fails("run")) return *error;
  MemoryDisk& disk = machine_.disk;
  std::string etc = machine_.paths.Host("/etc");
  (void)disk.Create(etc, FileInfo::Type::kDirectory, 0755);
  for (const char* file : {"/passwd", "/group"}) {
    std::string text;
    for (size_t i = 4; i < command.arguments.size(); ++i) {
      std::string words = command.arguments[i].substr(2);
      size_t space = words.find(' ');
      text += StrCat(words.substr(0, space), ":x:", words.substr(space + 1), ":\n");
    }
    MemoryDisk::NodePtr node;
    (void)disk.Unlink(etc + file);
    (void)disk.Create(etc + file, FileInfo::Type::kFile, 0644, &node);
    disk.Write(node, 0, AsBytes(text));
    disk.Sync(node);
  }
  disk.Sync(disk.Find(etc, MemoryDisk::Follow::kAll).node);
  disk.Sync(disk.Find(machine_.paths.Root(), MemoryDisk::Follow::kAll).node);
  return Outcome{};
}

}  // namespace ignite::sim
