#include "agent/engine/deployment_store.h"

#include "agent/engine/relative_link.h"
#include "base/ini.h"

namespace ignite::engine {
namespace {

constexpr std::string_view kFolder = "deployments/";
constexpr mode_t kTraversable = 0755;

}  // namespace

Result<> DeploymentStore::Build(const Plan& plan) {
  std::string folder = paths_.Deployment(plan.to_deployment);
  TRY(files_.RemoveTree(folder));
  TRY(files_.MakeDirectories(folder, kTraversable));
  for (const ComponentRecord& record : plan.components) {
    Handler* handler = handlers_.Find(record);
    if (handler == nullptr)
      return Error{ErrorCode::kUnsupported, StrCat("unknown payload type ", record.type),
                   "update ignite-agent"};
    std::string release = TRY(handler->ReleasePath(record));
    if (release.empty()) continue;
    std::string link = StrCat(folder, "/", record.component);
    TRY(files_.MakeDirectories(ParentOf(link), kTraversable));
    std::string probe_folder = ParentOf(
        StrCat(ProbePaths::kState, "/", kFolder, plan.to_deployment, "/", record.component));
    std::string target = TRY(RelativeTarget(files_, paths_, probe_folder, release));
    TRY(files_.ReplaceSymlink(link, target));
  }
  return files_.SyncFileSystem(folder);
}

Result<> DeploymentStore::Switch(int64_t number) {
  if (number == 0) return files_.RemoveFile(paths_.Active());
  return files_.ReplaceSymlink(paths_.Active(), StrCat(kFolder, number));
}

Result<int64_t> DeploymentStore::Active() {
  auto target = TRY(files_.ReadLink(paths_.Active()));
  if (!target || !target->starts_with(kFolder)) return 0;
  return static_cast<int64_t>(ParseNumber(target->substr(kFolder.size())).value_or(0));
}

Result<> DeploymentStore::Remove(int64_t number) {
  return files_.RemoveTree(paths_.Deployment(number));
}

}  // namespace ignite::engine
