#include "agent/conclusion.h"

#include "agent/log.h"
#include "base/str_cat.h"

namespace ignite {

bool Conclude(Composition& composition, inbox::Inbox& inbox, outbox::Outbox& outbox,
              const inbox::Upload& upload, engine::Verdict verdict) {
  auto taken = engine::TakeSnapshot(composition.files(), composition.paths());
  engine::Snapshot snapshot = taken ? *std::move(taken) : engine::Snapshot{};
  if (!snapshot.deployments.empty()) verdict.deployment = snapshot.deployments.back().number;
  if (auto written = outbox.Write(outbox::VerdictStatus(upload.name, verdict, snapshot));
      !written) {
    Log(StrCat(upload.name, ": the verdict cannot be written, so the upload stays: ",
               written.error().ToString()));
    return false;
  }
  if (verdict.state == engine::State::kStuck) return false;
  if (auto removed = inbox.Remove(upload.name, upload.version); !removed)
    Log(removed.error().ToString());
  return true;
}

void ConcludeUploadOf(Composition& composition, int64_t transaction) {
  auto story = engine::ReadStory(composition.paths(), transaction);
  if (!story) return;
  const engine::TransactionRecord& record = story->transaction;
  engine::Verdict verdict;
  verdict.state = record.state;
  verdict.transaction = record.id;
  verdict.reason = record.reason;
  verdict.cause = record.cause;
  verdict.remedy = record.remedy;
  if (!engine::IsFinal(verdict.state) || IsPostponed(verdict)) return;
  inbox::Inbox inbox(composition.paths().Inbox());
  outbox::Outbox outbox(composition.files(), composition.clock(), composition.paths().Outbox());
  auto upload = inbox.Look(record.bundle, composition.clock().BootTime());
  if (upload && !record.content_id.empty() && upload->content_id == record.content_id)
    (void)Conclude(composition, inbox, outbox, *upload, std::move(verdict));
}

bool IsPostponed(const engine::Verdict& verdict) {
  bool is_under_way = !engine::IsFinal(verdict.state) && verdict.state != engine::State::kStuck;
  return is_under_way || verdict.reason == "interrupted" || verdict.reason == "suspended";
}

}  // namespace ignite
