// The parts of one probe, put together: what both mains start with.
#pragma once

#include <memory>

#include "agent/boot/boot.h"
#include "agent/engine/engine.h"
#include "agent/engine/parts.h"
#include "agent/engine/probe_files.h"
#include "agent/handlers/handler_table.h"
#include "agent/health/health_checks.h"
#include "agent/services/services.h"

namespace ignite {

/// The root as an absolute path without symbolic links; kInvalidArgument where there is no such
/// folder.
Result<engine::ProbePaths> ResolveRoot(const std::string& root);

class Composition {
 public:
  /// kInvalidArgument where agent.ini, the keyring or an identity is missing or wrong.
  static Result<std::unique_ptr<Composition>> Load(const engine::ProbePaths& paths);

  const engine::ProbePaths& paths() const { return paths_; }
  const engine::Settings& settings() const { return settings_; }
  FileSystem& files() { return *files_; }
  Clock& clock() { return *clock_; }
  Process& process() { return *process_; }
  engine::Parts parts();
  /// Units wait for the recovery at boot, so it must not wait for them.
  void PrepareForBoot();
  /// For a recovery that a unit keeps from its end.
  void LeaveUnitsAlone();

 private:
  std::unique_ptr<engine::Services> MakeServices();
  std::unique_ptr<Reboot> MakeReboot();
  void UseServices(std::unique_ptr<engine::Services> services);

  Composition(engine::ProbePaths paths, std::unique_ptr<FileSystem> files,
              engine::Settings settings, format::Keyring keyring,
              std::vector<format::PrivateKey> identities);

  engine::ProbePaths paths_;
  std::unique_ptr<FileSystem> files_;
  engine::Settings settings_;
  format::Keyring keyring_;
  std::vector<format::PrivateKey> identities_;
  std::unique_ptr<Clock> clock_ = MakeSystemClock();
  std::unique_ptr<Process> process_ = MakeSystemProcess();
  std::unique_ptr<engine::Services> services_;
  std::unique_ptr<engine::HealthChecker> health_;
  std::unique_ptr<engine::Boot> boot_;
  std::unique_ptr<Reboot> reboot_;
  handlers::AllHandlers handlers_;
};

}  // namespace ignite
