// The engine's view of the units that run the components. Back ends lie in agent/services and, for
// systemd, in agent/bus.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace ignite::engine {

/// A unit of a component.
struct Unit {
  std::string name;  ///< "netprobe-web.service"
  std::string file;  ///< Its unit file in the live tree, a probe path; empty for a unit of the OS.

  bool operator==(const Unit&) const = default;
};

inline std::vector<std::string> NamesOf(const std::vector<Unit>& units) {
  std::vector<std::string> names;
  for (const Unit& unit : units) names.push_back(unit.name);
  return names;
}

class Services {
 public:
  virtual ~Services() = default;
  /// Returns when the units have ended. OK where they were not running, or do not exist yet.
  virtual Result<> Stop(const std::vector<Unit>& units) = 0;
  /// Tells the service manager which units there are: all of the deployment that is active now.
  /// Runs behind every switch, with the units stopped, and at every boot; what a former deployment
  /// had and this one lacks is forgotten.
  virtual Result<> Publish(const std::vector<Unit>& units) = 0;
  /// Returns when the units have started.
  virtual Result<> Start(const std::vector<Unit>& units) = 0;
  /// OK where the back end is there at all.
  virtual Result<> CheckAnswer() = 0;
  /// OK where the unit runs, else what it does instead.
  virtual Result<> CheckRunning(const std::string& unit) = 0;
};

}  // namespace ignite::engine
