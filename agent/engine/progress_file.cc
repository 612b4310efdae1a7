#include "agent/engine/progress_file.h"

#include "base/json.h"

namespace ignite::engine {
namespace {

constexpr Clock::Milliseconds kInterval{500};
constexpr size_t kMaxSize = 4096;

}  // namespace

void ProgressFile::Write(const Progress& progress) {
  Clock::Milliseconds now = clock_.BootTime();
  if (progress.state == last_state_ && now - last_ < kInterval) return;
  last_ = now;
  last_state_ = progress.state;
  (void)files_.WriteAtomically(path_, AsBytes(ToText(progress)), 0644);
}

std::string ProgressFile::ToText(const Progress& progress) {
  Json json = Json::EmptyObject();
  json.Set("id", progress.transaction).Set("state", StateName(progress.state));
  json.Set("percent", progress.percent).Set("step", progress.step);
  if (progress.left) json.Set("left_ms", progress.left->count());
  return json.Dump();
}

std::optional<Progress> ProgressFile::FromText(std::string_view text) {
  auto json = Json::ParseStrict(text);
  if (!json) return std::nullopt;
  JsonFields fields(*json, "progress");
  Progress progress;
  progress.transaction = fields.Integer("id", 0, Json::kMaxInteger);
  auto state = ParseState(fields.String("state"));
  progress.percent = static_cast<int>(fields.Integer("percent", 0, 100));
  progress.step = fields.String("step");
  constexpr int64_t kUnknown = -1;
  int64_t left = fields.Integer("left_ms", 0, Json::kMaxInteger, kUnknown);
  if (left != kUnknown) progress.left = Clock::Milliseconds(left);
  if (!fields.Finish() || !state) return std::nullopt;
  progress.state = *state;
  return progress;
}

std::optional<Progress> ProgressFile::Read(FileSystem& files, const ProbePaths& paths,
                                           int64_t transaction) {
  auto text = files.ReadFile(paths.Progress(), kMaxSize);
  auto progress = text ? FromText(*text) : std::nullopt;
  return progress && progress->transaction == transaction ? progress : std::nullopt;
}

}  // namespace ignite::engine
