// systemd's manager object on the system bus: jobs, and the state of units.
#pragma once

#include <systemd/sd-bus.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/c_handle.h"
#include "base/clock.h"
#include "base/result.h"

namespace ignite::bus {

inline void FreeBus(sd_bus* bus) noexcept { (void)sd_bus_flush_close_unref(bus); }

class SystemdManager {
 public:
  static Result<SystemdManager> Connect();

  /// "StartUnit" or "StopUnit" for each unit, all at once, and waits for the end of every job. To
  /// stop a unit that does not exist is OK. Names the first unit whose job did not end well.
  Result<> RunJobs(const char* method, const std::vector<std::string>& units);
  /// Asks for the start of a unit and does not wait.
  Result<> RequestStart(const std::string& unit);
  Result<> Reload();
  /// "active", "failed", ...
  Result<std::string> ActiveState(const std::string& unit);

 private:
  explicit SystemdManager(sd_bus* bus) : bus_(bus) {}
  Result<std::string> QueueJob(const char* method, const std::string& unit);

  CHandle<sd_bus, FreeBus> bus_;
};

}  // namespace ignite::bus
