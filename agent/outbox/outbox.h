// The outbox: what we write back for whoever uploaded. For the upload good.ignite:
// good.ignite.status.txt for a person and good.ignite.status.json for a script, replaced as a whole
// with every change, and good.ignite.plan.txt, its work order; after a
// failure good.ignite.report.tar.zst, or that .sealed. For the probe itself: PROBE.txt,
// PROBE.html, PROBE.json, history.jsonl and probe.pub.
#pragma once

#include <string>

#include "agent/engine/observer.h"
#include "agent/engine/preview.h"
#include "agent/engine/report.h"
#include "agent/outbox/probe_page.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "payload-format/crypto/key.h"

namespace ignite::outbox {

/// What there is to say of one upload.
struct UploadStatus {
  std::string bundle;  ///< The name in the inbox.
  std::string state;   ///< An engine state, or "waiting" while nothing has begun.
  Json outcome;        ///< null until final.
  std::string reason;
  std::string cause;
  std::string remedy;
  int percent = 0;
  std::string step;
  int64_t transaction = 0;
  int64_t deployment = 0;  ///< What the probe runs; 0 for none or unknown.
  std::optional<engine::DeploymentRecord> running;
  std::vector<engine::CheckResult> checks;
  std::vector<std::string> remarks;  ///< Of the state that a verdict left.
};

UploadStatus WaitingStatus(std::string bundle, std::string cause, std::string remedy, int percent);
UploadStatus ProgressStatus(std::string bundle, const engine::Progress& progress);
UploadStatus VerdictStatus(std::string bundle, const engine::Verdict& verdict,
                           const engine::Snapshot& snapshot);

class Outbox {
 public:
  Outbox(FileSystem& files, Clock& clock, std::string path)
      : files_(files), clock_(clock), path_(std::move(path)) {}

  /// Both files, durable.
  Result<> Write(const UploadStatus& status);
  Result<> WritePlan(std::string_view bundle, const engine::Preview& preview);
  /// That of an earlier upload of this name.
  Result<> RemovePlan(std::string_view bundle);
  /// What PackReport made of a failure of this upload, sealed where there is a recipient.
  Result<> WriteReport(std::string_view bundle, ByteView archive,
                       const std::optional<format::PublicKey>& recipient);
  Result<bool> HasReport(std::string_view bundle);
  Result<> RemoveReport(std::string_view bundle);
  /// PROBE.txt alone, of a probe that cannot even begin.
  Result<> WriteTrouble(const Error& error);
  /// PROBE.txt, PROBE.html and PROBE.json, where text or page would say something else than what
  /// lies there.
  Result<> WriteProbe(const ProbePage& page);
  /// history.jsonl and probe.pub, where those that lie there are not of these entries and this key.
  Result<> WriteHistory(const std::vector<engine::HistoryEntry>& entries,
                        const format::PrivateKey& key);

  /// The name in the outbox: bytes outside [A-Za-z0-9._-] become '_', and what is too long is cut.
  static std::string SafeName(std::string_view bundle);

 private:
  bool BeginsWith(const std::string& path, std::string_view text);
  std::string PathOf(std::string_view bundle, std::string_view suffix) const;

  FileSystem& files_;
  Clock& clock_;
  std::string path_;
};

}  // namespace ignite::outbox
