#include "agent/engine/cancellation.h"

namespace ignite::engine {
namespace {

constexpr Clock::Milliseconds kInterval{250};
constexpr size_t kMaxSize = 32;
constexpr mode_t kPrivate = 0600;

}  // namespace

Result<> AskToCancel(FileSystem& files, const ProbePaths& paths, int64_t transaction) {
  return files.WriteAtomically(paths.Cancel(), AsBytes(std::to_string(transaction)), kPrivate);
}

StopRequest CancelWatch::Stop() {
  if (StopRequest stop = observer_.Stop(); stop != StopRequest::kNone) return stop;
  Clock::Milliseconds now = clock_.BootTime();
  if (!cancelled_ && now - looked_ >= kInterval) {
    looked_ = now;
    auto text = files_.ReadFile(path_, kMaxSize);
    cancelled_ = text && *text == std::to_string(transaction_);
  }
  return cancelled_ ? StopRequest::kCancel : StopRequest::kNone;
}

}  // namespace ignite::engine
