// ignited: watches the inbox and hands one upload after the other to a worker process.
//
// inotify is a hint that something changed; a rescan is the truth. While uploads grow or wait the
// inbox is scanned every second, else every half minute.
#pragma once

#include <map>
#include <optional>

#include "agent/composition.h"
#include "agent/inbox/inbox.h"
#include "agent/outbox/outbox.h"
#include "base/c_handle.h"

struct sd_event;
struct sd_event_source;

namespace ignite {

void FreeEvent(sd_event* event) noexcept;

class Daemon {
 public:
  explicit Daemon(Composition& composition);

  /// Until SIGTERM or SIGINT.
  Result<> Run();

 private:
  struct Callbacks;  ///< What sd-event calls.

  /// Why an upload waits, for whoever waits for it.
  struct Obstacle {
    std::string cause;
    std::string remedy;
    int percent = 0;  ///< Of the upload.
  };
  static Obstacle ComingIn(const inbox::Upload& upload);

  /// What is remembered of an upload that waits.
  struct Waiting {
    inbox::FileVersion version;
    std::string told;                       ///< So that each thing is said once.
    std::chrono::milliseconds retry_at{0};  ///< Tried in vain: not before this boot time again.
    std::optional<std::chrono::milliseconds> ready_since;  ///< Complete, since this boot time.
  };

  Result<> Prepare();
  Result<> Watch();
  /// Never puts off a scan that is due sooner.
  void ScanSoon(std::chrono::milliseconds delay);
  void Scan();
  void Consider(const inbox::Upload& upload);
  /// What keeps an upload from being taken now; nullopt for nothing.
  std::optional<Obstacle> ObstacleOf(const inbox::Upload& upload, Waiting& waiting);
  void Tell(const inbox::Upload& upload, Waiting& waiting, const Obstacle& obstacle);
  /// Ends an upload that never became a bundle.
  void ForgetGoneUploads();
  /// Something was left half done by a process that is gone, such as a killed `ignite`.
  bool NeedsRecovery();

  template <class Work>
  void StartWorker(Work work);
  void OnWorkerEnd(int status);
  void OnTerminate();

  Waiting& WaitingFor(const inbox::Upload& upload);

  Composition& composition_;
  inbox::Inbox inbox_;
  outbox::Outbox outbox_;
  CHandle<sd_event, FreeEvent> event_;
  sd_event_source* timer_ = nullptr;  ///< Owned by event_.
  sd_event_source* child_ = nullptr;  ///< Owned by event_, until the worker ends.
  std::chrono::milliseconds next_scan_{0};
  bool scan_is_due_ = false;
  int worker_ = 0;             ///< Its process; 0 for none.
  std::string worker_upload_;  ///< The name that it works on.
  bool ending_ = false;
  std::chrono::milliseconds recover_at_{0};  ///< Not before this boot time.
  bool recovered_ = false;                   ///< What an earlier run left is finished.
  bool someone_waits_ = false;
  std::map<std::string, Waiting> waiting_;
};

}  // namespace ignite
