#include "agent/cli/commands.h"
#include "agent/engine/preview_document.h"

namespace ignite::cli {
namespace {

using engine::Preview;
using engine::State;

/// As an install would end.
int ExitCode(const Preview& preview, const std::string& bundle) {
  if (preview.unfinished) {
    if (preview.unfinished->state == State::kStuck) return engine::exit_code::kStuck;
    bool is_it = preview.unfinished->bundle == bundle && preview.unfinished->WaitsForReboot();
    return is_it ? engine::exit_code::kWaiting : engine::exit_code::kBusy;
  }
  bool starts = preview.verdict.state == State::kReceived;
  return starts ? engine::exit_code::kDone : engine::ExitCodeFor(preview.verdict);
}

}  // namespace

Result<Answer> Plan(const engine::Parts& parts, const std::string& path) {
  NamedBundle bundle = TRY(OpenNamedBundle(parts.files, path));
  Preview preview = TRY(engine::PreviewInstall(
      parts, {std::move(bundle.file), bundle.name, engine::Origin::kEngineer}));
  return Answer{engine::PreviewJson(preview, bundle.name),
                engine::PreviewText(preview, bundle.name), ExitCode(preview, bundle.name)};
}

}  // namespace ignite::cli
