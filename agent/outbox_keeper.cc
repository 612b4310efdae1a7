#include "agent/outbox_keeper.h"

#include <set>

#include "agent/cli/commands.h"
#include "agent/cli/licence.h"
#include "agent/free_space.h"
#include "agent/outbox/outbox.h"
#include "agent/outbox/pruning.h"

namespace ignite {
namespace {

/// So many of the last transactions are told: they fit a screen.
constexpr size_t kVerdicts = 5;

Result<std::vector<engine::TransactionRecord>> LastVerdicts(const engine::ProbePaths& paths) {
  auto history = TRY(engine::ReadHistory(paths));
  std::vector<engine::TransactionRecord> last;
  for (auto record = history.rbegin(); record != history.rend() && last.size() < kVerdicts;
       ++record) {
    if (engine::IsFinal(record->state)) last.push_back(std::move(*record));
  }
  return last;
}

outbox::Licence LicenceOf(const std::optional<cli::RunningLicence>& licence) {
  if (!licence) return {};
  return {true, licence->has_ended, licence->spec.not_after};
}

}  // namespace

Result<> OutboxKeeper::Keep(const std::vector<outbox::WaitingUpload>& uploads) {
  outbox::Outbox outbox(composition_.files(), composition_.clock(), composition_.paths().Outbox());
  auto page = TRY(TakePage(uploads));
  TRY(outbox.WriteProbe(page));
  auto key = TRY(engine::ProvideProbeKey(composition_.files(), composition_.paths()));
  return outbox.WriteHistory(TRY(engine::ReadHistoryChain(composition_.paths())), key);
}

Result<> OutboxKeeper::Prune(const std::vector<std::string>& present) {
  std::set<std::string> kept;
  for (const std::string& name : present) kept.insert(outbox::Outbox::SafeName(name));
  return outbox::PruneOutbox(composition_.files(), composition_.paths().Outbox(), kept);
}

Result<outbox::ProbePage> OutboxKeeper::TakePage(
    const std::vector<outbox::WaitingUpload>& uploads) {
  engine::Parts parts = composition_.parts();
  cli::View view{parts.files, parts.paths, parts.clock, parts.settings, parts.handlers, parts.boot};
  auto status = TRY(cli::TakeStatus(view));
  Json document = cli::StatusDocument(parts.settings, status);
  outbox::ProbePage page{.settings = parts.settings,
                         .snapshot = std::move(status.snapshot),
                         .status = std::move(document),
                         .licence = LicenceOf(status.licence),
                         .verdicts = TRY(LastVerdicts(parts.paths)),
                         .uploads = uploads,
                         .space = {},
                         .notes = {}};
  if (!page.snapshot.deployments.empty())
    page.notes = TRY(engine::ReadNotes(parts.paths, page.snapshot.deployments.back().content_id));
  page.space = TRY(MeasureSpace(parts, page.snapshot));
  return page;
}

}  // namespace ignite
