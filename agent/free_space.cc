#include "agent/free_space.h"

#include <set>

#include "agent/engine/space.h"

namespace ignite {

Result<std::vector<outbox::FreeSpace>> MeasureSpace(const engine::Parts& parts,
                                                    const engine::Snapshot& snapshot) {
  std::vector<std::string> folders = {parts.paths.State(), parts.paths.Inbox(),
                                      parts.paths.Outbox()};
  engine::Plan components;
  if (!snapshot.deployments.empty()) {
    for (const engine::ComponentRecord& record : snapshot.deployments.back().components)
      components.changes.push_back({std::nullopt, record});
  }
  auto demands = TRY(engine::SpaceDemands(components, parts.files, parts.handlers));
  for (const engine::SpaceDemand& demand : demands) folders.push_back(demand.path);
  std::vector<outbox::FreeSpace> all;
  std::set<uint64_t> devices;
  for (const std::string& folder : folders) {
    Space space = TRY(parts.files.SpaceAt(folder));
    if (devices.insert(space.device).second)
      all.push_back({folder, space.free_bytes, space.free_inodes});
  }
  return all;
}

}  // namespace ignite
