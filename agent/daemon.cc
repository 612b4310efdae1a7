#include "agent/daemon.h"

#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "agent/conclusion.h"
#include "agent/engine/transaction_lock.h"
#include "agent/log.h"
#include "agent/upload_worker.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kAfterEvent{100};
constexpr Milliseconds kWhileWaiting{1'000};
constexpr Milliseconds kWhenQuiet{30'000};
/// A worker that was asked to end finishes its step; then it is ended, and recovery goes on at the
/// next start.
constexpr Milliseconds kWorkerGrace{8'000};
constexpr Milliseconds kRetry{30'000};
constexpr Milliseconds kBetweenKeepers{1'000};
constexpr Milliseconds kStopped = std::chrono::minutes(1);
/// Who grew within this time is coming in.
constexpr Milliseconds kGrowsNow{5'000};
constexpr Milliseconds kStalled = std::chrono::hours(24);
constexpr mode_t kFolderMode = 0755;
constexpr int64_t kSecondsInDay = 24 * 60 * 60;

Result<> Checked(int result, std::string_view doing) {
  if (result < 0) return SystemError(doing, -result);
  return {};
}

uint64_t Microseconds(Milliseconds duration) {
  return static_cast<uint64_t>(duration.count()) * 1000;
}

}  // namespace

void FreeEvent(sd_event* event) noexcept { (void)sd_event_unref(event); }

struct Daemon::Callbacks {
  static Daemon& Self(void* data) { return *static_cast<Daemon*>(data); }

  static int OnInotify(sd_event_source*, const inotify_event*, void* data) noexcept {
    Self(data).ScanSoon(kAfterEvent);
    return 0;
  }
  static int OnTimer(sd_event_source*, uint64_t, void* data) noexcept {
    Self(data).Scan();
    return 0;
  }
  static int OnSignal(sd_event_source*, const signalfd_siginfo*, void* data) noexcept {
    Self(data).OnTerminate();
    return 0;
  }
  static int OnChild(sd_event_source*, const siginfo_t* info, void* data) noexcept {
    Self(data).OnWorkerEnd(info->si_code == CLD_EXITED ? info->si_status : -1);
    return 0;
  }
  static int OnKeeper(sd_event_source*, const siginfo_t* info, void* data) noexcept {
    Self(data).OnKeeperEnd(info->si_code == CLD_EXITED ? info->si_status : -1);
    return 0;
  }
  static int OnGraceOver(sd_event_source*, uint64_t, void* data) noexcept {
    for (int child : {Self(data).worker_, Self(data).keeper_}) {
      if (child != 0) (void)kill(child, SIGKILL);
    }
    return 0;
  }
};

Daemon::Daemon(Composition& composition)
    : composition_(composition),
      inbox_(composition.paths().Inbox()),
      outbox_(composition.files(), composition.clock(), composition.paths().Outbox()) {}

Result<> Daemon::Run() {
  TRY(Prepare());
  TRY(Watch());
  // Where systemd has started it: tells that it is ready, and then again and again that it lives.
  TRY(Checked(sd_event_set_watchdog(event_.get(), 1), "setting up the watchdog"));
  (void)sd_notify(0, "READY=1");
  Log(StrCat("watching ", inbox_.path()));
  return Checked(sd_event_loop(event_.get()), "running the event loop");
}

Result<> Daemon::Prepare() {
  for (const std::string& folder : {composition_.paths().State(), composition_.paths().Inbox(),
                                    composition_.paths().Outbox()}) {
    TRY(composition_.files().MakeDirectories(folder, kFolderMode));
  }
  return {};
}

Result<> Daemon::Watch() {
  sd_event* event = nullptr;
  TRY(Checked(sd_event_new(&event), "making the event loop"));
  event_.reset(event);
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals, number);
  TRY(Checked(-sigprocmask(SIG_BLOCK, &signals, nullptr), "blocking signals"));
  TRY(Checked(sd_event_add_signal(event, nullptr, SIGTERM, Callbacks::OnSignal, this),
              "watching SIGTERM"));
  TRY(Checked(sd_event_add_signal(event, nullptr, SIGINT, Callbacks::OnSignal, this),
              "watching SIGINT"));
  // Where inotify cannot be had (limits, some mounts) the scans alone do.
  int watched =
      sd_event_add_inotify(event, nullptr, inbox_.path().c_str(),
                           IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE, Callbacks::OnInotify, this);
  if (watched < 0) Log("inotify is not available here: the inbox is scanned every half minute");
  return Checked(
      sd_event_add_time_relative(event, &timer_, CLOCK_MONOTONIC, 0, 0, Callbacks::OnTimer, this),
      "setting a timer");
}

void Daemon::ScanSoon(Milliseconds delay) {
  Milliseconds at = composition_.clock().BootTime() + delay;
  if (scan_is_due_ && next_scan_ <= at) return;
  scan_is_due_ = true;
  next_scan_ = at;
  (void)sd_event_source_set_time_relative(timer_, Microseconds(delay));
  (void)sd_event_source_set_enabled(timer_, SD_EVENT_ONESHOT);
}

void Daemon::Scan() {
  scan_is_due_ = false;
  if (ending_) return;
  Milliseconds now = composition_.clock().BootTime();
  if (now >= recover_at_) RecoverWhereNeeded(now);
  someone_waits_ = false;
  auto pass = inbox_.Scan(now);
  if (!pass) {
    Log(StrCat("the inbox cannot be scanned, ignoring: ", pass.error().ToString()));
    return ScanSoon(kWhenQuiet);
  }
  for (const inbox::Upload& upload : pass->uploads) Consider(upload);
  // One that lies further back in a crowded folder may be complete.
  if (!pass->more) ConsiderEarly(pass->uploads);
  if (!pass->more) ForgetGoneUploads();
  KeepOutbox();
  ScanSoon(pass->more ? kAfterEvent : someone_waits_ ? kWhileWaiting : kWhenQuiet);
}

void Daemon::RecoverWhereNeeded(Milliseconds now) {
  if (worker_ != 0) {
    // One that only looks at an upload which comes in may do so for long.
    bool has_lock = !engine::TransactionLock::IsFree(composition_.paths().Lock());
    if (early_ && !has_lock && NeedsRecovery()) MakeWay();
    return;
  }
  // Unfinished may also mean that `ignite` is at work just now.
  recover_at_ = now + kRetry;
  if (recovered_ && !NeedsRecovery()) return;
  recovered_ = true;
  StartWorker([](UploadWorker& worker) { return worker.Recover(); });
}

bool Daemon::NeedsRecovery() {
  auto snapshot = engine::TakeSnapshot(composition_.files(), composition_.paths());
  return snapshot && snapshot->transaction && snapshot->transaction->state != engine::State::kStuck;
}

void Daemon::ForgetGoneUploads() {
  std::erase_if(waiting_, [this](const auto& entry) {
    auto version = inbox_.VersionOf(entry.first);
    return version && !*version;
  });
}

Daemon::Waiting& Daemon::WaitingFor(const inbox::Upload& upload) {
  Waiting& waiting = waiting_[upload.name];
  if (waiting.version == upload.version) return waiting;
  Waiting former = std::move(waiting);
  waiting = Waiting{upload.version, {}, {}, Milliseconds(0), {}, upload.content_id, {}};
  if (former.version.IsSameFile(upload.version) && former.content_id == upload.content_id) {
    waiting.arriving = std::move(former.arriving);
    if (former.version.size < upload.version.size)
      waiting.arriving.grew_at = composition_.clock().BootTime();
  }
  return waiting;
}

void Daemon::Consider(const inbox::Upload& upload) {
  if (worker_ != 0 && worker_upload_ == upload.name) {  // The worker tells of it.
    someone_waits_ = someone_waits_ || early_;
    return;
  }
  if (upload.kind == inbox::Upload::Kind::kNoBundle) {
    engine::Verdict verdict;
    verdict.state = engine::State::kRefused;
    verdict.reason = engine::ReasonForBundleError(upload.fault->code);
    verdict.cause = upload.fault->cause;
    verdict.remedy = upload.fault->remedy;
    ++concluded_;
    (void)Conclude(composition_, inbox_, outbox_, upload, std::move(verdict));
    return;
  }
  if (upload.kind == inbox::Upload::Kind::kGrowing && upload.idle > kStalled) {
    engine::Verdict verdict;
    verdict.state = engine::State::kFailed;
    verdict.reason = "stalled";
    verdict.cause = StrCat("the upload stopped at ", SizeInWords(upload.version.size),
                           " and did not go on for a day");
    verdict.remedy = "upload the file again";
    ++concluded_;
    (void)Conclude(composition_, inbox_, outbox_, upload, std::move(verdict));
    return;
  }
  someone_waits_ = someone_waits_ || upload.idle < 2 * kStopped;
  Waiting& waiting = WaitingFor(upload);
  if (auto obstacle = ObstacleOf(upload, waiting)) return Tell(upload, waiting, *obstacle);
  if (composition_.clock().BootTime() < waiting.retry_at) return;
  waiting.told.clear();
  waiting.brief = "its status says for what";
  waiting.retry_at = composition_.clock().BootTime() + kRetry;
  worker_upload_ = upload.name;
  StartWorker([upload](UploadWorker& worker) { return worker.Process(upload); });
}

std::optional<Daemon::Obstacle> Daemon::ObstacleOf(const inbox::Upload& upload, Waiting& waiting) {
  if (upload.kind != inbox::Upload::Kind::kComplete)
    return ComingIn(upload, waiting.arriving.forecast);
  const engine::Settings& settings = composition_.settings();
  if (!settings.auto_apply) {
    return Obstacle{"it is complete; this probe applies nothing by itself",
                    "an engineer runs 'ignite install' with it"};
  }
  Milliseconds now = composition_.clock().BootTime();
  if (!waiting.ready_since) waiting.ready_since = now;
  if (settings.window &&
      !settings.window->MayBegin(composition_.clock().WallSeconds(), now - *waiting.ready_since)) {
    return Obstacle{StrCat("it is complete, and waits for the maintenance window ",
                           settings.window->ToString(), " by this probe's clock"),
                    "nothing: it begins by itself; 'ignite install' with it begins now"};
  }
  someone_waits_ = true;
  if (worker_ != 0) {
    MakeWay();
    std::string other = worker_upload_.empty()
                            ? std::string("what was interrupted is finished first")
                            : StrCat(Printable(worker_upload_), " is being installed");
    return Obstacle{StrCat("it is complete, and waits for its turn: ", other),
                    "nothing: it is taken by itself"};
  }
  return std::nullopt;
}

void Daemon::ConsiderEarly(const std::vector<inbox::Upload>& uploads) {
  const engine::Settings& settings = composition_.settings();
  bool may_begin = settings.stage == engine::StageUploads::kEarly && settings.auto_apply &&
                   (!settings.window ||
                    settings.window->MayBegin(composition_.clock().WallSeconds(), Milliseconds(0)));
  bool is_ones_turn = std::any_of(uploads.begin(), uploads.end(), [](const inbox::Upload& upload) {
    return upload.kind == inbox::Upload::Kind::kComplete;
  });
  if (!may_begin || is_ones_turn || worker_ != 0) return;
  for (const inbox::Upload& upload : uploads) {
    Waiting& waiting = WaitingFor(upload);
    if (!MayTakeEarly(upload, waiting.arriving)) continue;
    auto pipe = ForecastPipe::Make();
    if (!pipe) return Log(pipe.error().ToString());
    waiting.told.clear();
    waiting.arriving.retry_at = composition_.clock().BootTime() + kRetry;
    worker_upload_ = upload.name;
    early_ = EarlyWork{upload, *std::move(pipe)};
    return StartWorker([this](UploadWorker& worker) {
      return worker.ProcessEarly(early_->upload, early_->forecast);
    });
  }
}

bool Daemon::MayTakeEarly(const inbox::Upload& upload, const Arriving& arriving) {
  Milliseconds now = composition_.clock().BootTime();
  // One of full length that is not settled may have been made so before its bytes came.
  bool comes_in = !upload.content_id.empty() && upload.expected_size &&
                  upload.version.size < *upload.expected_size && arriving.grew_at &&
                  now - *arriving.grew_at < kGrowsNow;
  return comes_in && !arriving.is_waited_for && now >= arriving.retry_at;
}

void Daemon::MakeWay() {
  if (!early_) return;
  auto version = inbox_.VersionOf(worker_upload_);
  bool is_whole = version && *version && (*version)->size >= *early_->upload.expected_size;
  if (!is_whole) (void)kill(worker_, SIGTERM);
}

Daemon::Obstacle Daemon::ComingIn(const inbox::Upload& upload,
                                  const std::optional<Forecast>& forecast) {
  bool known = upload.expected_size && *upload.expected_size > 0;
  bool stopped = upload.idle >= kStopped;
  Obstacle obstacle;
  obstacle.percent = !known ? 0
                            : static_cast<int>(std::min<uint64_t>(
                                  100, upload.version.size * 100 / *upload.expected_size));
  obstacle.brief = stopped ? "the upload has stopped" : "the upload is coming in";
  obstacle.cause = StrCat(obstacle.brief, known ? StrCat(" at ", obstacle.percent, "%") : "", ": ",
                          SizeInWords(upload.version.size),
                          known ? StrCat(" of ", SizeInWords(*upload.expected_size)) : "");
  if (stopped) obstacle.remedy = "resume the upload, or upload the file again";
  if (forecast) {
    obstacle.cause += StrCat("; it will be refused: ", forecast->cause);
    obstacle.remedy = forecast->remedy;
  }
  return obstacle;
}

void Daemon::Tell(const inbox::Upload& upload, Waiting& waiting, const Obstacle& obstacle) {
  if (waiting.told == obstacle.cause) return;
  waiting.told = obstacle.cause;
  waiting.brief = obstacle.brief.empty() ? obstacle.cause : obstacle.brief;
  (void)outbox_.Write(
      outbox::WaitingStatus(upload.name, obstacle.cause, obstacle.remedy, obstacle.percent));
}

template <class OnEnd, class Work>
int Daemon::StartChild(const char* name, sd_event_source*& source, OnEnd on_end, Work work) {
  pid_t child = fork();
  if (child < 0) {
    Log(StrCat(name, " cannot be started, ignoring: ", SystemError("fork", errno).cause));
    return 0;
  }
  if (child == 0) {
    (void)prctl(PR_SET_NAME, name);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, nullptr);
    _exit(work());
  }
  int watched = sd_event_add_child(event_.get(), &source, child, WEXITED, on_end, this);
  if (watched >= 0) return child;
  Log(StrCat(name, " cannot be watched, so it is ended: ",
             SystemError("sd_event_add_child", -watched).cause));
  (void)kill(child, SIGKILL);
  (void)waitpid(child, nullptr, 0);
  return 0;
}

template <class Work>
void Daemon::StartWorker(Work work) {
  worker_ = StartChild("ignited-worker", child_, Callbacks::OnChild, [&] {
    UploadWorker worker(composition_);
    return static_cast<int>(work(worker));
  });
  if (worker_ != 0) return;
  worker_upload_.clear();
  early_.reset();
  ScanSoon(kWhenQuiet);
}

Result<Daemon::OutboxNews> Daemon::Look() {
  const engine::ProbePaths& paths = composition_.paths();
  OutboxNews news;
  if (auto journal = TRY(composition_.files().Inspect(paths.Journal())))
    news.journal = journal->mtime;
  news.day = composition_.clock().WallSeconds() / kSecondsInDay;
  for (const std::string& folder : {paths.State(), paths.Inbox(), paths.Outbox()}) {
    Space space = TRY(composition_.files().SpaceAt(folder));
    news.free_space.push_back(outbox::FirstDigit(space.free_bytes));
  }
  news.concluded = concluded_;
  for (const auto& [name, waiting] : waiting_) {
    if (!waiting.brief.empty() && (worker_ == 0 || name != worker_upload_))
      news.uploads.push_back({name, waiting.brief});
  }
  return news;
}

void Daemon::KeepOutbox() {
  if (keeper_ != 0) return;
  auto news = Look();
  if (!news || kept_ == *news) return;
  Milliseconds now = composition_.clock().BootTime();
  if (now < keep_at_) return ScanSoon(keep_at_ - now);
  keep_at_ = now + kBetweenKeepers;
  keeper_ = StartChild("ignited-outbox", keeper_child_, Callbacks::OnKeeper, [&] {
    OutboxKeeper keeper(composition_);
    std::vector<std::string> present;
    for (const auto& entry : waiting_) present.push_back(entry.first);
    bool is_well = true;
    for (const Result<>& done : {keeper.Prune(present), keeper.Keep(news->uploads)}) {
      if (!done) Log(StrCat("the outbox cannot be kept up: ", done.error().ToString()));
      is_well &= done.has_value();
    }
    return is_well ? 0 : 1;
  });
  if (keeper_ != 0) kept_ = *std::move(news);
}

void Daemon::OnKeeperEnd(int status) {
  keeper_child_ = sd_event_source_disable_unref(keeper_child_);
  keeper_ = 0;
  if (ending_) return ExitWithoutChildren();
  if (status == 0) return ScanSoon(kAfterEvent);  // For what has come meanwhile.
  kept_.reset();
  keep_at_ = composition_.clock().BootTime() + kRetry;
}

void Daemon::OnWorkerEnd(int status) {
  child_ = sd_event_source_disable_unref(child_);
  worker_ = 0;
  if (auto found = waiting_.find(worker_upload_); early_ && found != waiting_.end()) {
    // Also where it crashed.
    found->second.arriving.is_waited_for = status != static_cast<int>(WorkerResult::kTryAgain);
    found->second.arriving.forecast = early_->forecast.Receive();
  }
  worker_upload_.clear();
  early_.reset();
  if (ending_) return ExitWithoutChildren();
  bool crashed = status != static_cast<int>(WorkerResult::kDone) &&
                 status != static_cast<int>(WorkerResult::kTryAgain) &&
                 status != static_cast<int>(WorkerResult::kNotEarly);
  if (crashed) {
    Log("the worker crashed: recovering");
    recovered_ = false;
    recover_at_ = Milliseconds(0);
  }
  ScanSoon(crashed ? kWhileWaiting : kAfterEvent);
}

void Daemon::ExitWithoutChildren() {
  if (worker_ == 0 && keeper_ == 0) (void)sd_event_exit(event_.get(), 0);
}

void Daemon::OnTerminate() {
  ending_ = true;
  if (worker_ != 0) (void)kill(worker_, SIGTERM);
  ExitWithoutChildren();
  (void)sd_event_add_time_relative(event_.get(), nullptr, CLOCK_MONOTONIC,
                                   Microseconds(kWorkerGrace), 0, Callbacks::OnGraceOver, this);
}

}  // namespace ignite
