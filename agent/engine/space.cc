#include "agent/engine/space.h"

#include <map>

namespace ignite::engine {

Result<std::vector<SpaceDemand>> SpaceDemands(const Plan& plan, FileSystem& files,
                                              HandlerTable& handlers) {
  std::map<uint64_t, SpaceDemand> demands;  // By file system.
  for (const Change& change : plan.changes) {
    Handler* handler = handlers.Find(change.any().type);
    if (handler == nullptr) continue;
    auto needs = handler->SpaceNeeds(change);
    if (!needs && needs.error().code == ErrorCode::kCorrupt) continue;
    for (const SpaceNeed& need : TRY(std::move(needs))) {
      Space space = TRY(files.SpaceAt(need.path));
      SpaceDemand& demand = demands[space.device];
      demand.path = need.path;
      demand.space = space;
      demand.bytes = CheckedAdd(demand.bytes, need.bytes).value_or(UINT64_MAX);
      demand.inodes = CheckedAdd(demand.inodes, need.inodes).value_or(UINT64_MAX);
    }
  }
  std::vector<SpaceDemand> all;
  for (auto& [device, demand] : demands) all.push_back(std::move(demand));
  return all;
}

}  // namespace ignite::engine
