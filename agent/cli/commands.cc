#include "agent/cli/commands.h"

#include <algorithm>

#include "agent/engine/deployment_store.h"
#include "agent/engine/examination.h"
#include "agent/engine/probe_files.h"
#include "agent/engine/report.h"
#include "agent/engine/running_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::cli {
namespace {

/// Checks every byte and keeps none.
class NullSink : public format::PayloadSink {
 public:
  Result<> BeginStream(size_t, size_t) override { return {}; }
  Result<> Write(ByteView) override { return {}; }
  Result<> EndStream() override { return {}; }
};

Answer AnswerFor(const engine::Verdict& verdict, const std::string& bundle) {
  return {engine::VerdictJson(verdict, bundle), engine::VerdictText(verdict),
          engine::ExitCodeFor(verdict)};
}

/// A rollback is what recovery is for, so only a probe that stays stuck is a failure; at boot also
/// one on which nothing may run before it boots again.
int CodeOfRecovery(engine::State state, bool at_boot) {
  switch (state) {
    case engine::State::kStuck:
      return engine::exit_code::kStuck;
    case engine::State::kRollingBack:
      return engine::exit_code::kWaiting;
    case engine::State::kStaged:
      return at_boot ? engine::exit_code::kDone : engine::exit_code::kWaiting;
    default:
      return engine::exit_code::kDone;
  }
}

std::string WaitingText(const std::vector<WaitingUpload>& uploads) {
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t i = 0; i < std::min(uploads.size(), kShown); ++i)
    text += StrCat(i == 0 ? "waits        " : "             ", Printable(uploads[i].bundle), ": ",
                   Printable(uploads[i].why), "\n");
  if (uploads.size() > kShown)
    text += StrCat("             and ", uploads.size() - kShown, " more in the inbox\n");
  return text;
}

/// What went wrong last. 'ignite show' tells it whole.
std::string TroubleText(const engine::TransactionRecord& record) {
  constexpr size_t kLine = 63;
  return StrCat("last trouble ", record.id, ": ", Printable(record.bundle, 40), " ",
                engine::StateName(record.state), " (", record.reason, "), ",
                engine::TimeText(record.ended), "\n             ", Printable(record.cause, kLine),
                "\n  remedy:    ", Printable(record.remedy, kLine), "\n");
}

}  // namespace

Result<NamedBundle> OpenNamedBundle(FileSystem& files, const std::string& path) {
  std::string resolved = path;
  if (auto real = files.RealPath(path)) resolved = *real;
  auto info = files.Inspect(resolved);
  if (!info) return std::move(info).error();
  if (!*info || (*info)->type != FileInfo::Type::kFile) {
    return Error{ErrorCode::kInvalidArgument,
                 *info ? StrCat("'", Printable(path), "' is no regular file")
                       : StrCat("there is no file '", Printable(path), "'"),
                 "give the path of a bundle"};
  }
  return NamedBundle{TRY(files.OpenFile(resolved)), path.substr(path.rfind('/') + 1)};
}

Result<Answer> Install(const engine::Parts& parts, const std::string& path,
                       engine::Observer& observer) {
  NamedBundle bundle = TRY(OpenNamedBundle(parts.files, path));
  engine::Engine engine(parts);
  auto verdict = TRY(
      engine.Install({std::move(bundle.file), bundle.name, engine::Origin::kEngineer}, observer));
  return AnswerFor(verdict, bundle.name);
}

Result<Answer> Rollback(const engine::Parts& parts, const engine::RollbackRequest& request,
                        engine::Observer& observer) {
  engine::Engine engine(parts);
  return AnswerFor(TRY(engine.Rollback(request, observer)), "rollback");
}

Result<Answer> Adopt(const engine::Parts& parts, const std::string& path,
                     engine::Observer& observer) {
  constexpr size_t kMaxFile = 1024 * 1024;
  std::string text = TRY(parts.files.ReadFile(path, kMaxFile));
  auto adoption = TRY(engine::Adoption::Parse(Printable(path), text));
  engine::Engine engine(parts);
  return AnswerFor(TRY(engine.Adopt(adoption, observer)), "adoption");
}

Result<Answer> Recover(const engine::Parts& parts, bool at_boot, engine::Observer& observer) {
  engine::Engine engine(parts);
  auto recovered = TRY(at_boot ? engine.RecoverAtBoot(observer) : engine.Recover(observer));
  if (recovered) {
    Answer answer = AnswerFor(recovered->verdict, recovered->bundle);
    answer.exit_code = CodeOfRecovery(recovered->verdict.state, at_boot);
    return answer;
  }
  Json document = Json::EmptyObject();
  document.Set("state", nullptr).Set("outcome", nullptr);
  return Answer{std::move(document), "nothing was interrupted\n", engine::exit_code::kDone};
}

Result<Answer> VerifyBundle(const engine::Parts& parts, const std::string& path, bool is_shown) {
  NamedBundle named = TRY(OpenNamedBundle(parts.files, path));
  auto bundle = TRY(engine::OpenBundle(parts, std::move(named.file)));
  NullSink sink;
  ProgressLine line;
  ProgressMeter meter(bundle.payload_size(), std::chrono::steady_clock::now());
  TRY(bundle.ReadPayloads(sink, parts.settings.threads, [&](uint64_t done) -> Result<> {
    if (is_shown) line.Show(meter.Line(done, std::chrono::steady_clock::now()));
    return {};
  }));
  const format::Manifest& manifest = bundle.manifest();
  Json document = Json::EmptyObject();
  document.Set("bundle", named.name)
      .Set("verified", true)
      .Set("content_id", bundle.content_id().Hex());
  document.Set("product", manifest.product).Set("version", manifest.version);
  std::string text = StrCat("verified: ", manifest.product, " ", manifest.version,
                            ", every byte is signed and whole\n");
  return Answer{std::move(document), std::move(text), engine::exit_code::kDone};
}

Result<Answer> VerifyLive(const engine::Parts& parts) {
  engine::Snapshot snapshot = TRY(engine::TakeSnapshot(parts.files, parts.paths));
  Json differences = Json::EmptyArray();
  std::string text;
  size_t compared = 0;
  if (!snapshot.deployments.empty()) {
    int64_t recorded = snapshot.deployments.back().number;
    engine::DeploymentStore store(parts.files, parts.paths, parts.handlers);
    // One that is on trial is not in the journal yet.
    int64_t active = TRY(store.Active());
    if (active != recorded && !snapshot.transaction) {
      std::string difference =
          StrCat("active leads to deployment ", active, ", the journal says ", recorded);
      Json entry = Json::EmptyObject();
      differences.Push(entry.Set("component", "").Set("difference", difference));
      text += difference + "\n";
    }
    for (const engine::ComponentRecord& record : snapshot.deployments.back().components) {
      engine::Handler* handler = parts.handlers.Find(record);
      if (handler == nullptr) continue;
      ++compared;
      for (const std::string& difference :
           TRY(handler->FindDifferences(record, engine::Handler::Compare::kEverything))) {
        Json entry = Json::EmptyObject();
        differences.Push(entry.Set("component", record.component).Set("difference", difference));
        text += StrCat(record.component, ": ", difference, "\n");
      }
    }
  }
  bool equal = text.empty();
  if (equal)
    text = StrCat("verified: ", Counted(compared, "live component is", "live components are"),
                  " as the bundles brought them\n");
  if (!equal) text += "  remedy: install the same bundle again, which brings a fresh release\n";
  Json document = Json::EmptyObject();
  document.Set("verified", equal)
      .Set("components", compared)
      .Set("differences", std::move(differences));
  return Answer{std::move(document), std::move(text),
                equal ? engine::exit_code::kDone : engine::exit_code::kFailed};
}

Result<ProbeStatus> TakeStatus(const View& view) {
  engine::Snapshot snapshot = TRY(engine::TakeSnapshotWithPast(view.files, view.paths));
  if (auto wrong = engine::FindWrongSystem(snapshot.deployments, snapshot.transaction,
                                           view.handlers, view.boot))
    snapshot.wrong_system = wrong->error;
  snapshot.without_system =
      engine::DeploymentsWithoutSystem(snapshot.deployments, view.handlers, view.boot);
  auto licence = TRY(FindLicence(snapshot, view.clock));
  return ProbeStatus{std::move(snapshot), std::move(licence),
                     ReadWaitingUploads(view.files, view.paths)};
}

Json StatusDocument(const engine::Settings& settings, const ProbeStatus& status) {
  Json document = engine::StatusJson(settings, status.snapshot);
  Json waiting = Json::EmptyArray();
  for (const WaitingUpload& upload : status.waiting) {
    Json json = Json::EmptyObject();
    waiting.Push(json.Set("bundle", upload.bundle).Set("why", upload.why));
  }
  return document.Set("licence", LicenceState(status.licence)).Set("waits", std::move(waiting));
}

Result<Answer> Status(const View& view) {
  ProbeStatus status = TRY(TakeStatus(view));
  const auto& [snapshot, licence, waiting] = status;
  Json document = StatusDocument(view.settings, status);
  std::string text = engine::StatusText(view.settings, snapshot);
  if (licence) text += StrCat("licence      ", LicenceStateText(licence), "\n");
  text += WaitingText(waiting);
  if (snapshot.trouble) text += TroubleText(*snapshot.trouble);
  bool is_wrong = snapshot.wrong_system || snapshot.interrupted ||
                  (licence && licence->has_ended) ||
                  (snapshot.transaction && snapshot.transaction->state == engine::State::kStuck);
  if (!is_wrong) text += "wrong        nothing that is known; 'ignite doctor' looks closer\n";
  return Answer{std::move(document), std::move(text), engine::exit_code::kDone};
}

}  // namespace ignite::cli
