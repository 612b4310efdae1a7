// The machine that the engine of a simulated probe runs on: disk, clock, boot loader, service
// manager, health and programs, all in memory. Every call to it is numbered and may fail or end the
// process, and what runs on it is watched: whoever runs must see one whole deployment all the time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/engine/engine.h"
#include "agent/handlers/handler_table.h"
#include "base/process.h"
#include "tests/fakes/call_watch.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/memory_vfs.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/sim/controls.h"
#include "tests/sim/pool.h"

namespace ignite::sim {

/// A promise of the design that was broken. Thrown, and reported with the story that led to it.
struct Violation {
  std::string what;
};

/// What happens at a call, counted from the last Expect.
struct Trouble {
  uint64_t at = 1;
  bool lasts = false;  ///< Every later call as well, until the process is started anew.
  /// kWrites: a full disk; kUnits: the service manager, health checks and programs.
  enum class Scope : uint8_t { kAll, kWrites, kDatabase, kUnits };
  Scope scope = Scope::kAll;
  fakes::Fate fate;
  bool cuts_power = false;  ///< Where the process dies, so does the machine.

  bool Concerns(std::string_view call) const;
  std::string Text() const;
};

/// The component's edition for each place of the pool, nullptr for none: what is to be seen.
using View = std::vector<const Edition*>;

/// A folder of the real machine for what the engine does not do through FileSystem: the kernel
/// lock, and the mode of the journal.
class RealFolder {
 public:
  RealFolder();
  const std::string& root() const { return root_; }

 private:
  fakes::TemporaryDirectory folder_;
  std::string root_;
};

class Machine : public fakes::CallWatch {
 public:
  Machine(const Pool& pool, const RealFolder& folder, Control control);

  /// From now on, until the process is started anew.
  void Expect(std::vector<Trouble> troubles);
  void ExpectNothing() { Expect({}); }
  uint64_t calls() const { return calls_; }
  /// How many calls met trouble, since the beginning.
  uint64_t troubled_calls() const { return troubled_calls_; }
  bool is_dead() const { return is_dead_; }
  bool lost_power() const { return lost_power_; }

  fakes::Fate Next(std::string_view call) override;
  /// For calls from C++: throws ProcessDied.
  fakes::Fate NextOrDie(std::string_view call);
  std::optional<Error> Fails(std::string_view call);

  /// An orderly one: the loader enters a slot, and nothing runs yet.
  void Reboot();
  /// The process is started anew; after a power cut the machine is, and nothing runs on it.
  void Restart(fakes::MemoryDisk::Cut how, fakes::Random& random);
  void CutPower() { lost_power_ = true; }
  /// What a boot starts once ignite-recover has ended well.
  void StartPublished();

  /// What is to be seen through the fixed links, and in the slot that runs. A place that shows half
  /// an edition is a Violation.
  View Live() const;
  /// Every running unit still sees what it was started with.
  void CheckRunning() const;

  engine::Parts parts();

  const Pool& pool;
  fakes::MemoryDisk disk;
  engine::ProbePaths paths;
  engine::Settings settings;
  fakes::MemoryFileSystem files;
  fakes::MemoryVfs vfs;
  fakes::FakeClock clock;
  std::map<std::string, const Edition*> running;  ///< By unit; what it saw when it was started.
  std::set<std::string> published;
  /// Called when units are started, with what they see.
  std::function<void(const View&)> on_start;

 private:
  class Services : public engine::Services {
   public:
    explicit Services(Machine& machine) : machine_(machine) {}
    Result<> Stop(const std::vector<engine::Unit>& units) override;
    Result<> Publish(const std::vector<engine::Unit>& units) override;
    Result<> Start(const std::vector<engine::Unit>& units) override;
    Result<> CheckAnswer() override { return {}; }
    Result<> CheckRunning(const std::string& unit) override;

   private:
    Machine& machine_;
  };
  class Health : public engine::HealthChecker {
   public:
    explicit Health(Machine& machine) : machine_(machine) {}
    bool Knows(std::string_view type) const override { return type == "fake"; }
    Result<> Attempt(const format::HealthCheckInfo& check, std::chrono::milliseconds) override;

   private:
    Machine& machine_;
  };
  class Loader : public engine::Boot, public ignite::Reboot {
   public:
    explicit Loader(Machine& machine) : machine_(machine) {}
    Result<engine::Slot> Booted() override { return state.Booted(); }
    Result<std::optional<engine::Slot>> Next() override;
    Result<> SetTrial(engine::Slot slot, int tries) override;
    Result<> MarkGood(engine::Slot slot) override;
    Result<> MarkBad(engine::Slot slot) override;
    Result<> Request() override;

    fakes::FakeBoot state;

   private:
    /// A call that changes what the loader knows.
    template <class Effect>
    Result<> Change(std::string_view call, Effect effect);

    Machine& machine_;
  };
  class Programs : public Process {
   public:
    explicit Programs(Machine& machine) : machine_(machine) {}
    Result<Outcome> Run(const Command& command) override;

   private:
    Machine& machine_;
  };

  /// A call about units: `effect` for each, for half of them where it fails late.
  template <class Effect>
  Result<> ForUnits(std::string_view call, const std::vector<std::string>& units, Effect effect);
  void StartUnits(const std::vector<std::string>& units);
  void Boot();
  /// What a slot holds; nullptr for what was there before ignite. Half a system is a Violation.
  const Edition* SystemIn(engine::Slot slot) const;
  size_t PlaceOfUnit(std::string_view unit) const;

  Control control_;
  std::vector<Trouble> troubles_;
  uint64_t calls_ = 0;
  uint64_t troubled_calls_ = 0;
  bool is_dead_ = false;
  bool lost_power_ = false;
  Services services_{*this};
  Health health_{*this};
  Programs programs_{*this};
  Loader loader_{*this};
  handlers::AllHandlers handlers_;
  WeakHandlers weak_handlers_;
};

}  // namespace ignite::sim
