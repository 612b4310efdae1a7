#include "agent/conclusion.h"

#include "agent/log.h"
#include "base/str_cat.h"

namespace ignite {
namespace {

bool Tell(Composition& composition, inbox::Inbox& inbox, outbox::Outbox& outbox,
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

}  // namespace

bool Conclude(Composition& composition, inbox::Inbox& inbox, outbox::Outbox& outbox,
              const inbox::Upload& upload, engine::Verdict verdict) {
  Log(StrCat(upload.name, ": ", engine::VerdictText(verdict)));
  return Tell(composition, inbox, outbox, upload, std::move(verdict));
}

void ConcludeUploadOf(Composition& composition, int64_t transaction) {
  auto story = engine::ReadStory(composition.paths(), transaction);
  if (!story) return;
  const engine::TransactionRecord& record = story->transaction;
  engine::Verdict verdict = record.ToVerdict();
  if (!engine::IsFinal(verdict.state) || IsPostponed(verdict)) return;
  inbox::Inbox inbox(composition.paths().Inbox());
  outbox::Outbox outbox(composition.files(), composition.clock(), composition.paths().Outbox());
  auto upload = inbox.Look(record.bundle, composition.clock().BootTime());
  if (upload && !record.content_id.empty() && upload->content_id == record.content_id)
    (void)Tell(composition, inbox, outbox, *upload, std::move(verdict));
}

bool IsPostponed(const engine::Verdict& verdict) {
  bool is_under_way = !engine::IsFinal(verdict.state) && verdict.state != engine::State::kStuck;
  return is_under_way || verdict.reason == "interrupted" || verdict.reason == "suspended" ||
         verdict.reason == "upload";
}

}  // namespace ignite
