// Places on a probe, and who takes them. Two payloads whose places lie one in the other would undo
// each other's work: the packager refuses to build such a bundle, and a probe to install it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ignite::format {

struct Place {
  std::string path;   ///< A probe path.
  std::string owner;  ///< For messages: a component, a payload, or "ignite".
};

/// The places taken so far; those that ignite needs for itself are taken from the start.
class TakenPlaces {
 public:
  /// Notes the place; gives the first one that it lies in, or that lies in it.
  std::optional<Place> Take(Place place);

 private:
  std::vector<Place> places_ = {
      {"/var/lib/ignite", "ignite"}, {"/etc/ignite", "ignite"}, {"/srv/ignite", "ignite"}};
};

}  // namespace ignite::format
