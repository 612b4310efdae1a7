#include "agent/bus/system_reboot.h"

#include <systemd/sd-bus.h>

#include "agent/bus/systemd_manager.h"

namespace ignite::bus {
namespace {

constexpr int kWithoutAsking = 0;

class SystemReboot : public Reboot {
 public:
  Result<> Request() override {
    sd_bus* opened = nullptr;
    if (int result = sd_bus_open_system(&opened); result < 0)
      return SystemError("connecting to the system bus", -result);
    CHandle<sd_bus, FreeBus> bus(opened);
    int called = sd_bus_call_method(bus.get(), "org.freedesktop.login1", "/org/freedesktop/login1",
                                    "org.freedesktop.login1.Manager", "Reboot", nullptr, nullptr,
                                    "b", kWithoutAsking);
    if (called >= 0) return {};
    return TRY(SystemdManager::Connect()).RequestStart("reboot.target");
  }
};

}  // namespace

std::unique_ptr<Reboot> MakeSystemReboot() { return std::make_unique<SystemReboot>(); }

}  // namespace ignite::bus
