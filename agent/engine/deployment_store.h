// The folders of deployments, and the one switch between them.
//
// deployments/N holds a relative symbolic link for each component, which leads to its release;
// `active` leads to one N. One rename of `active` moves every component at once.
#pragma once

#include "agent/engine/handler.h"
#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::engine {

class DeploymentStore {
 public:
  DeploymentStore(FileSystem& files, const ProbePaths& paths, HandlerTable& handlers)
      : files_(files), paths_(paths), handlers_(handlers) {}

  /// Makes the folder of the plan's new deployment, from scratch. Durable; nothing live changes.
  Result<> Build(const Plan& plan);
  /// The switch. 0 takes `active` away: the probe runs no deployment. Durable.
  Result<> Switch(int64_t number);
  /// 0 where nothing is active.
  Result<int64_t> Active();
  Result<> Remove(int64_t number);

 private:
  FileSystem& files_;
  const ProbePaths& paths_;
  HandlerTable& handlers_;
};

}  // namespace ignite::engine
