#include "agent/engine/space.h"

#include <map>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::engine {
namespace {

/// nullopt where the spec is wrong.
Result<std::optional<std::vector<SpaceNeed>>> NeedsOf(const Handler& handler, const Change& change,
                                                      Action action) {
  std::vector<SpaceNeed> all;
  for (auto needs_of : {&Handler::SpaceNeeds, &Handler::ActivationNeeds}) {
    // A rollback finds its releases staged.
    if (action == Action::kRollback && needs_of == &Handler::SpaceNeeds) continue;
    auto needs = (handler.*needs_of)(change);
    if (!needs && needs.error().code == ErrorCode::kCorrupt)
      return std::optional<std::vector<SpaceNeed>>();
    for (SpaceNeed& need : TRY(std::move(needs))) all.push_back(std::move(need));
  }
  return std::optional(std::move(all));
}

}  // namespace

Result<std::vector<SpaceDemand>> SpaceDemands(const Plan& plan, FileSystem& files,
                                              HandlerTable& handlers) {
  std::map<uint64_t, SpaceDemand> demands;  // By file system.
  for (const Change& change : plan.changes) {
    Handler* handler = handlers.Find(change.any());
    if (handler == nullptr) continue;
    auto needs = TRY(NeedsOf(*handler, change, plan.action));
    for (const SpaceNeed& need : needs ? *needs : std::vector<SpaceNeed>()) {
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
