#include "agent/engine/space.h"

#include <map>

#include "base/str_cat.h"
#include "base/terminal.h"

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

Result<CheckResult> CheckSpace(const Plan& plan, FileSystem& files, HandlerTable& handlers) {
  CheckResult result{"space", true, "there is room for it", ""};
  for (const SpaceDemand& demand : TRY(SpaceDemands(plan, files, handlers))) {
    if (demand.Fits()) continue;
    const Space& space = demand.space;
    result.passed = false;
    result.cause =
        demand.bytes > space.free_bytes
            ? StrCat("the file system of ", demand.path, " has ", SizeInWords(space.free_bytes),
                     " free, ", SizeInWords(demand.bytes), " are needed")
            : StrCat("the file system of ", demand.path, " has room for ", space.free_inodes,
                     " more files, ", demand.inodes, " are needed");
    result.remedy = "free space there, or lower keep-deployments in agent.ini";
  }
  return result;
}

}  // namespace ignite::engine
