#include "agent/conclusion.h"

#include "agent/log.h"
#include "base/str_cat.h"

namespace ignite {

bool Conclude(Composition& composition, inbox::Inbox& inbox, outbox::Outbox& outbox,
              const inbox::Upload& upload, engine::Verdict verdict) {
  auto taken = engine::TakeSnapshot(composition.files(), composition.paths());
  engine::Snapshot snapshot = taken ? *std::move(taken) : engine::Snapshot{};
  if (!snapshot.deployments.empty()) verdict.deployment = snapshot.deployments.back().number;
  Log(StrCat(upload.name, ": ", engine::VerdictText(verdict)));
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

}  // namespace ignite
