#include "agent/upload_worker.h"

#include <csignal>
#include <cstdio>

#include "agent/conclusion.h"
#include "agent/engine/preview.h"
#include "agent/engine/preview_document.h"
#include "agent/engine/progress_file.h"
#include "agent/failure_report.h"
#include "agent/inbox/growing_file.h"
#include "agent/log.h"
#include "base/str_cat.h"

namespace ignite {
namespace {

/// Percent: only whole uploads are judged.
constexpr int kWhole = 100;

volatile std::sig_atomic_t g_terminate = 0;

void OnTerminate(int) { g_terminate = 1; }

/// Writes the live status of an upload, a few times a second at most.
class StatusObserver : public engine::Observer {
 public:
  StatusObserver(Composition& composition, outbox::Outbox& outbox, std::string bundle)
      : clock_(composition.clock()),
        file_(composition.files(), composition.clock(), composition.paths()),
        outbox_(outbox),
        bundle_(std::move(bundle)) {}

  void OnProgress(const engine::Progress& progress) override {
    file_.Write(progress);
    Clock::Milliseconds now = clock_.BootTime();
    bool is_new = progress.state != last_.state || progress.step != last_.step;
    // The final state comes with its verdict, in one document.
    if (bundle_.empty() || engine::IsFinal(progress.state) ||
        (!is_new && now - written_ < kInterval))
      return;
    written_ = now;
    last_ = progress;
    (void)outbox_.Write(outbox::ProgressStatus(bundle_, progress));
  }

  engine::StopRequest Stop() override {
    return g_terminate == 0 ? engine::StopRequest::kNone : engine::StopRequest::kSuspend;
  }

 private:
  static constexpr Clock::Milliseconds kInterval{500};

  Clock& clock_;
  engine::ProgressFile file_;
  outbox::Outbox& outbox_;
  std::string bundle_;
  engine::Progress last_;
  Clock::Milliseconds written_{-1'000'000};
};

}  // namespace

UploadWorker::UploadWorker(Composition& composition)
    : composition_(composition),
      inbox_(composition.paths().Inbox()),
      outbox_(composition.files(), composition.clock(), composition.paths().Outbox()) {
  struct sigaction action {};
  action.sa_handler = OnTerminate;
  (void)sigaction(SIGTERM, &action, nullptr);
}

WorkerResult UploadWorker::Process(const inbox::Upload& upload) {
  auto fd = inbox_.Open(upload.name);
  if (!fd)
    return WorkerResult::kTryAgain;  // Gone, or exchanged for something else, since the scan.
  StatusObserver observer(composition_, outbox_, upload.name);
  engine::Engine engine(composition_.parts());
  auto verdict = engine.Install(
      RequestFor(upload, MakeInputFile(*std::move(fd), "the upload"), nullptr), observer);
  if (!verdict) {
    Log(StrCat(upload.name, ": ", verdict.error().ToString()));
    const Error& error = verdict.error();
    std::string remedy = error.remedy.empty()
                             ? std::string("nothing: it is tried again by itself")
                             : StrCat(error.remedy, ". This upload is taken by itself then");
    (void)outbox_.Write(outbox::WaitingStatus(upload.name, error.cause, remedy, kWhole));
    return WorkerResult::kTryAgain;
  }
  // Where it was no bundle for us, the plan of an earlier upload of this name must not speak of it.
  if (verdict->state == engine::State::kRefused && plan_.empty())
    (void)outbox_.RemovePlan(upload.name);
  return Tell(upload, *verdict);
}

engine::InstallRequest UploadWorker::RequestFor(const inbox::Upload& upload,
                                                std::unique_ptr<InputFile> file,
                                                engine::Arrival* arrival) {
  engine::InstallRequest request{std::move(file), upload.name, engine::Origin::kInbox};
  request.arrival = arrival;
  request.on_checked = [this, upload](const engine::Preview& preview) {
    plan_ = engine::PreviewText(preview, upload.name);
    if (preview.verdict.state == engine::State::kReceived) (void)outbox_.RemoveReport(upload.name);
    if (auto written = outbox_.WritePlan(upload.name, preview); !written)
      Log(StrCat(upload.name, ": no plan, ignoring: ", written.error().ToString()));
  };
  return request;
}

WorkerResult UploadWorker::ProcessEarly(const inbox::Upload& upload, const ForecastPipe& forecast) {
  StatusObserver observer(composition_, outbox_, upload.name);
  auto file = inbox::GrowingFile::Open(inbox_, composition_.clock(), upload, [&] {
    return observer.Stop() == engine::StopRequest::kNone;
  });
  if (!file) return WorkerResult::kTryAgain;
  // Without the lock: what is not signed must not keep anybody from it, and enters no history.
  auto preview = engine::PreviewInstall(composition_.parts(),
                                        {file->Reader(), upload.name, engine::Origin::kInbox});
  if (observer.Stop() != engine::StopRequest::kNone) return WorkerResult::kTryAgain;
  if (!preview) return WorkerResult::kNotEarly;
  if (preview->unfinished) return WorkerResult::kTryAgain;
  const engine::Verdict& foretold = preview->verdict;
  if (foretold.state != engine::State::kReceived) {
    // Bytes may be wrong or missing only because they are not here yet.
    bool may_come = foretold.reason == "damaged" || foretold.reason == "short";
    if (foretold.state == engine::State::kRefused && !may_come)
      forecast.Send({foretold.cause, foretold.remedy});
    return WorkerResult::kNotEarly;
  }
  auto verdict = engine::Engine(composition_.parts())
                     .Install(RequestFor(upload, file->Reader(), &*file), observer);
  if (verdict) return TellEarly(upload, *verdict);
  Log(StrCat(upload.name, ": not staged early: ", verdict.error().ToString()));
  return verdict.error().code == ErrorCode::kBusy ? WorkerResult::kTryAgain
                                                  : WorkerResult::kNotEarly;
}

WorkerResult UploadWorker::TellEarly(const inbox::Upload& upload, const engine::Verdict& verdict) {
  bool was_judged = verdict.transaction != 0 && verdict.state != engine::State::kRefused;
  if (!was_judged) return WorkerResult::kNotEarly;
  if (verdict.reason == "upload") {
    (void)Tell(upload, verdict);
    return WorkerResult::kNotEarly;
  }
  auto now = inbox_.Look(upload.name, composition_.clock().BootTime());
  bool is_it = now && now->content_id == upload.content_id &&
               now->version.IsSameFile(upload.version) &&
               now->version.size >= *upload.expected_size;
  WorkerResult result = Tell(is_it ? *now : upload, verdict);
  // Whoever cancels does not want it taken when it is whole.
  if (verdict.state == engine::State::kCancelled)
    (void)inbox_.RemoveGrown(upload.name, upload.version);
  return result;
}

WorkerResult UploadWorker::Tell(const inbox::Upload& upload, const engine::Verdict& verdict) {
  bool was_begun = verdict.transaction != 0;
  if (IsPostponed(verdict) || (verdict.state == engine::State::kStuck && !was_begun)) {
    Log(StrCat(upload.name, ": ", engine::VerdictText(verdict)));
    (void)outbox_.Write(outbox::WaitingStatus(upload.name, verdict.cause, verdict.remedy, kWhole));
    return WorkerResult::kTryAgain;
  }
  bool is_told = Conclude(composition_, inbox_, outbox_, upload, verdict);
  Report(upload.name, verdict);
  return is_told ? WorkerResult::kDone : WorkerResult::kTryAgain;
}

void UploadWorker::Report(const std::string& bundle, const engine::Verdict& verdict) {
  if (!DeservesReport(verdict)) return;
  // A stuck probe gives the same verdict again and again.
  auto has_report = outbox_.HasReport(bundle);
  if (verdict.state == engine::State::kStuck && has_report && *has_report) return;
  if (auto written = WriteReport(bundle, verdict); !written)
    Log(StrCat(bundle, ": no report, ignoring: ", written.error().ToString()));
}

Result<> UploadWorker::WriteReport(const std::string& bundle, const engine::Verdict& verdict) {
  // First: a report that should be sealed and cannot be is none.
  auto recipient = TRY(engine::LoadReportRecipient(composition_.files(), composition_.paths(),
                                                   composition_.settings()));
  auto parts = GatherReport(composition_.parts(), composition_.process(), verdict, bundle, plan_);
  return outbox_.WriteReport(bundle, outbox::PackReport(parts), recipient);
}

WorkerResult UploadWorker::Recover() {
  StatusObserver observer(composition_, outbox_, "");
  engine::Engine engine(composition_.parts());
  auto recovered = engine.Recover(observer);
  if (!recovered) {
    bool busy = recovered.error().code == ErrorCode::kBusy;
    if (!busy) Log(StrCat("recovery: ", recovered.error().ToString()));
    return WorkerResult::kTryAgain;
  }
  if (!*recovered) return WorkerResult::kDone;
  Log(StrCat("recovery: ", (*recovered)->bundle, ": ", engine::VerdictText((*recovered)->verdict)));
  auto upload = inbox_.Look((*recovered)->bundle, composition_.clock().BootTime());
  bool is_its_upload =
      upload && !upload->content_id.empty() && upload->content_id == (*recovered)->content_id;
  return is_its_upload ? Tell(*upload, (*recovered)->verdict) : WorkerResult::kDone;
}

}  // namespace ignite
