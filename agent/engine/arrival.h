// An upload that is staged while it still comes in: `stage = early` in agent.ini.
//
// The reader verifies each chunk against the signed INDEX, so it makes no difference when the chunk
// came. What is staged early is never more than a new release beside the others, and whatever fails
// before the upload is whole is no verdict on it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "agent/engine/handler.h"
#include "agent/engine/plan.h"
#include "base/file_system.h"

namespace ignite::engine {

/// The step of a transaction in which it stages so. Recovery and the pace read it again.
inline constexpr std::string_view kStagingEarly = "unpacking while the upload comes in";

class Arrival {
 public:
  virtual ~Arrival() = default;
  /// How much of the upload is here, of 100.
  virtual int Percent() = 0;
  /// What still needs room where it is uploaded to.
  virtual uint64_t MissingBytes() = 0;
  /// Host path of the folder that it comes into.
  virtual std::string Folder() = 0;
  /// From now on asked several times a second while a read waits for more; false: it gives up, with
  /// kCancelled.
  virtual void AskWhileWaiting(std::function<bool()> go_on) = 0;
};

/// Whether all that the plan stages may be staged before the upload is whole, with room left for
/// the rest of the upload.
Result<bool> MayStageEarly(const Plan& plan, Arrival& arrival, FileSystem& files,
                           HandlerTable& handlers);

}  // namespace ignite::engine
