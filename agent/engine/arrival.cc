#include "agent/engine/arrival.h"

#include "agent/engine/space.h"

namespace ignite::engine {

Result<bool> MayStageEarly(const Plan& plan, Arrival& arrival, FileSystem& files,
                           HandlerTable& handlers) {
  for (const Change& change : plan.changes) {
    Handler* handler = handlers.Find(change.any());
    if (handler == nullptr || !TRY(handler->MayStageEarly(change))) return false;
  }
  uint64_t device = TRY(files.SpaceAt(arrival.Folder())).device;
  for (SpaceDemand& demand : TRY(SpaceDemands(plan, files, handlers))) {
    if (demand.space.device == device)
      demand.bytes = CheckedAdd(demand.bytes, arrival.MissingBytes()).value_or(UINT64_MAX);
    if (!demand.Fits()) return false;
  }
  return true;
}

}  // namespace ignite::engine
