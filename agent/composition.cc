#include "agent/composition.h"

#include "agent/bus/system_reboot.h"
#include "agent/bus/systemd_services.h"

namespace ignite {

Result<engine::ProbePaths> ResolveRoot(const std::string& root) {
  auto real = MakePosixFileSystem()->RealPath(root);
  if (real) return engine::ProbePaths(*real);
  return Error{ErrorCode::kInvalidArgument, real.error().cause,
               "give --root the folder of a probe"};
}

Composition::Composition(engine::ProbePaths paths, std::unique_ptr<FileSystem> files,
                         engine::Settings settings, format::Keyring keyring,
                         std::vector<format::PrivateKey> identities)
    : paths_(std::move(paths)),
      files_(std::move(files)),
      settings_(std::move(settings)),
      keyring_(std::move(keyring)),
      identities_(std::move(identities)),
      services_(MakeServices()),
      health_(health::MakeHealthChecker(*process_, *services_, paths_)),
      boot_(boot::MakeBoot(settings_, paths_, *files_, *process_)),
      reboot_(MakeReboot()),
      handlers_(*files_, *process_, *clock_, paths_, settings_, identities_, *boot_) {}

Result<std::unique_ptr<Composition>> Composition::Load(const engine::ProbePaths& paths) {
  auto files = MakePosixFileSystem();
  engine::Settings settings = TRY(engine::LoadSettings(*files, paths));
  if (settings.services == engine::ServicesBackend::kSystemd && !paths.IsRealRoot()) {
    return Error{
        ErrorCode::kInvalidArgument,
        "[services] backend = systemd looks after the running system, not one below --root",
        "set backend = none or command in its agent.ini"};
  }
  format::Keyring keyring = TRY(engine::LoadKeyring(*files, paths));
  auto identities = TRY(engine::LoadIdentities(*files, paths));
  return std::unique_ptr<Composition>(new Composition(paths, std::move(files), std::move(settings),
                                                      std::move(keyring), std::move(identities)));
}

std::unique_ptr<engine::Services> Composition::MakeServices() {
  switch (settings_.services) {
    case engine::ServicesBackend::kSystemd:
      return bus::MakeSystemdServices(*files_, paths_);
    case engine::ServicesBackend::kCommand:
      return services::MakeCommandServices(settings_.services_command, paths_.Root(), *process_);
    case engine::ServicesBackend::kNone:
      break;
  }
  return services::MakeNoServices();
}

std::unique_ptr<Reboot> Composition::MakeReboot() {
  if (paths_.IsRealRoot()) return bus::MakeSystemReboot();
  return std::make_unique<NoReboot>();
}

void Composition::PrepareForBoot() {
  if (settings_.services != engine::ServicesBackend::kSystemd) return;
  UseServices(bus::MakeBootServices(*files_, paths_));
}

void Composition::LeaveUnitsAlone() { UseServices(services::MakeNoServices()); }

void Composition::UseServices(std::unique_ptr<engine::Services> services) {
  services_ = std::move(services);
  health_ = health::MakeHealthChecker(*process_, *services_, paths_);
}

engine::Parts Composition::parts() {
  return {paths_,     settings_, keyring_,  identities_, *files_, *clock_,
          *services_, *health_,  handlers_, *boot_,      *reboot_};
}

}  // namespace ignite
