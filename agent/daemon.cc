#include "agent/daemon.h"

#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "agent/conclusion.h"
#include "agent/engine/transaction_lock.h"
#include "agent/log.h"
#include "agent/upload_worker.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/translation.h"

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
      outbox_(composition.files(), composition.clock(), composition.paths().Outbox()),
      queue_(composition.settings(), composition.clock()) {}

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
  // A crowd takes several passes, and one of them may have seen who waits.
  if (!in_round_) someone_waits_ = false;
  auto pass = inbox_.Scan(now);
  if (!pass) {
    Log(StrCat("the inbox cannot be scanned, ignoring: ", pass.error().ToString()));
    return ScanSoon(kWhenQuiet);
  }
  in_round_ = pass->more;
  queue_.Order(pass->uploads);
  int64_t concluded_before = concluded_;
  for (const inbox::Upload& upload : pass->uploads) {
    Consider(upload);
    if (concluded_ - concluded_before < UploadQueue::kMostEnds) continue;
    // The others have their turn in the next round, which comes soon.
    someone_waits_ = true;
    break;
  }
  if (!in_round_) {
    // Not before: one that lies further back in a crowded folder may be complete.
    ConsiderEarly(pass->uploads);
    queue_.Tidy(inbox_);
  }
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

void Daemon::Consider(const inbox::Upload& upload) {
  if (worker_ != 0 && worker_upload_ == upload.name) {  // The worker tells of it.
    someone_waits_ = someone_waits_ || early_;
    return;
  }
  if (auto verdict = UploadQueue::EndOf(upload)) {
    ++concluded_;
    (void)Conclude(composition_, inbox_, outbox_, upload, *std::move(verdict));
    return;
  }
  someone_waits_ = someone_waits_ || upload.idle < 2 * UploadQueue::kStopped;
  if (auto obstacle = queue_.ObstacleOf(upload)) return Tell(upload, *obstacle);
  someone_waits_ = true;
  if (worker_ != 0) {
    MakeWay();
    std::string other = worker_upload_.empty()
                            ? std::string("what was interrupted is finished first")
                            : StrCat(Printable(worker_upload_), " is being installed");
    return Tell(upload, {StrCat("it is complete, and waits for its turn: ", other),
                         "nothing: it is taken by itself", UploadQueue::kWhole,
                         Msgid("it waits for its turn: another transaction is running")});
  }
  if (!queue_.MayTake(upload)) return;
  queue_.Take(upload);
  worker_upload_ = upload.name;
  StartWorker([upload](UploadWorker& worker) { return worker.Process(upload); });
}

void Daemon::ConsiderEarly(const std::vector<inbox::Upload>& uploads) {
  const inbox::Upload* upload = worker_ == 0 ? queue_.NextEarly(uploads) : nullptr;
  if (upload == nullptr) return;
  auto pipe = ForecastPipe::Make();
  if (!pipe) return Log(pipe.error().ToString());
  queue_.TakeEarly(*upload);
  worker_upload_ = upload->name;
  early_ = EarlyWork{*upload, *std::move(pipe)};
  StartWorker([this](UploadWorker& worker) {
    return worker.ProcessEarly(early_->upload, early_->forecast);
  });
}

void Daemon::MakeWay() {
  if (!early_) return;
  auto version = inbox_.VersionOf(worker_upload_);
  bool is_whole = version && *version && (*version)->size >= *early_->upload.expected_size;
  if (!is_whole) (void)kill(worker_, SIGTERM);
}

void Daemon::Tell(const inbox::Upload& upload, const UploadQueue::Obstacle& obstacle) {
  if (!queue_.IsNews(upload, obstacle)) return;
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
  news.uploads = queue_.Waiting(worker_upload_);
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
    bool is_well = true;
    for (const Result<>& done : {keeper.Prune(queue_.Names()), keeper.Keep(news->uploads)}) {
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
  if (early_) {  // Also where it crashed.
    bool may_again = status == static_cast<int>(WorkerResult::kTryAgain);
    queue_.EndEarly(worker_upload_, may_again, early_->forecast.Receive());
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
