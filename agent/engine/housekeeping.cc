#include "agent/engine/housekeeping.h"

#include <algorithm>

#include "base/ini.h"

namespace ignite::engine {
namespace {

bool Needs(const std::vector<DeploymentRecord>& deployments, const ComponentRecord& release) {
  return std::any_of(deployments.begin(), deployments.end(),
                     [&](const DeploymentRecord& deployment) {
                       const ComponentRecord* record = deployment.Find(release.component);
                       return record != nullptr && record->release == release.release;
                     });
}

bool SameReleases(const DeploymentRecord& a, const DeploymentRecord& b) {
  return std::equal(a.components.begin(), a.components.end(), b.components.begin(),
                    b.components.end(), [](const ComponentRecord& one, const ComponentRecord& two) {
                      return one.component == two.component && one.release == two.release;
                    });
}

/// The newest stay, and are given; the last one is what the probe runs. A rollback makes a number
/// of what was there before: it must not cost the way further back.
Result<std::vector<DeploymentRecord>> KeepNewDeployments(const Parts& parts, Journal& journal) {
  std::vector<DeploymentRecord> deployments = TRY(journal.Deployments());
  auto keep = static_cast<size_t>(parts.settings.keep_deployments);
  std::vector<DeploymentRecord> kept;
  size_t different = 0;
  for (auto deployment = deployments.rbegin(); deployment != deployments.rend(); ++deployment) {
    bool is_new = std::none_of(kept.begin(), kept.end(), [&](const DeploymentRecord& other) {
      return SameReleases(*deployment, other);
    });
    if (kept.size() >= keep && (!is_new || different >= keep)) {
      TRY(journal.Forget(deployment->number));
      continue;
    }
    different += is_new ? 1 : 0;
    kept.push_back(*deployment);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

Result<> SweepReleases(const Parts& parts, Journal& journal,
                       const std::vector<DeploymentRecord>& deployments) {
  for (const ComponentRecord& release : TRY(journal.Releases())) {
    Handler* handler = parts.handlers.Find(release);
    if (handler == nullptr || Needs(deployments, release)) continue;
    TRY(handler->Discard(release));
    TRY(journal.ForgetRelease(release));
  }
  return {};
}

Result<> SweepFolders(const Parts& parts, const std::vector<DeploymentRecord>& deployments) {
  DeploymentStore store(parts.files, parts.paths, parts.handlers);
  for (const std::string& name : TRY(parts.files.List(parts.paths.Deployments()))) {
    auto number = static_cast<int64_t>(ParseNumber(name).value_or(0));
    bool known = std::any_of(deployments.begin(), deployments.end(),
                             [&](const auto& d) { return d.number == number; });
    if (number != 0 && !known) TRY(store.Remove(number));
  }
  return {};
}

}  // namespace

Result<> CleanUp(const Parts& parts, Journal& journal) {
  std::vector<DeploymentRecord> deployments = TRY(KeepNewDeployments(parts, journal));
  TRY(SweepReleases(parts, journal, deployments));
  return SweepFolders(parts, deployments);
}

}  // namespace ignite::engine
