// ignited: watches the inbox and hands one upload after the other to a worker process.
//
// inotify is a hint that something changed; a rescan is the truth. While uploads grow or wait the
// inbox is scanned every second, else every half minute.
#pragma once

#include <optional>

#include "agent/composition.h"
#include "agent/inbox/inbox.h"
#include "agent/outbox/outbox.h"
#include "agent/outbox_keeper.h"
#include "agent/upload_queue.h"
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

  /// What a change of the outbox can come from, as far as it can be told in no time.
  struct OutboxNews {
    std::optional<FileTime> journal;
    int64_t day = 0;  ///< A licence ends at the end of one.
    std::vector<uint64_t> free_space;
    int64_t concluded = 0;
    std::vector<outbox::WaitingUpload> uploads;
    bool operator==(const OutboxNews&) const = default;
  };
  Result<OutboxNews> Look();

  Result<> Prepare();
  Result<> Watch();
  /// Never puts off a scan that is due sooner.
  void ScanSoon(std::chrono::milliseconds delay);
  void Scan();
  void Consider(const inbox::Upload& upload);
  /// Takes one that still comes in, where policy allows and no other has its turn.
  void ConsiderEarly(const std::vector<inbox::Upload>& uploads);
  /// A worker that waits for bytes gives way to who needs no more.
  void MakeWay();
  void Tell(const inbox::Upload& upload, const UploadQueue::Obstacle& obstacle);
  void RecoverWhereNeeded(std::chrono::milliseconds now);
  /// Something was left half done by a process that is gone, such as a killed `ignite`.
  bool NeedsRecovery();

  /// The process number of a child that ends with what `work` gives; 0 where there can be none.
  template <class OnEnd, class Work>
  int StartChild(const char* name, sd_event_source*& source, OnEnd on_end, Work work);
  template <class Work>
  void StartWorker(Work work);
  /// Lets the outbox be kept up, where something has changed that it tells of.
  void KeepOutbox();
  void OnKeeperEnd(int status);
  void OnWorkerEnd(int status);
  void OnTerminate();
  /// They end by themselves, or when their grace is over.
  void ExitWithoutChildren();

  Composition& composition_;
  inbox::Inbox inbox_;
  outbox::Outbox outbox_;
  UploadQueue queue_;
  CHandle<sd_event, FreeEvent> event_;
  sd_event_source* timer_ = nullptr;  ///< Owned by event_.
  sd_event_source* child_ = nullptr;  ///< Owned by event_, until the worker ends.
  std::chrono::milliseconds next_scan_{0};
  bool scan_is_due_ = false;
  int worker_ = 0;                           ///< Its process; 0 for none.
  std::string worker_upload_;                ///< The name that it works on.
  int keeper_ = 0;                           ///< The process that keeps up the outbox; 0 for none.
  sd_event_source* keeper_child_ = nullptr;  ///< Owned by event_, until the keeper ends.
  std::optional<OutboxNews> kept_;        ///< What the outbox was last kept up with; nullopt: anew.
  int64_t concluded_ = 0;                 ///< Uploads that got their verdict without a worker.
  std::chrono::milliseconds keep_at_{0};  ///< Not before this boot time.
  /// Where it took that before it was whole: what it is going to be, and how the worker tells.
  struct EarlyWork {
    inbox::Upload upload;
    ForecastPipe forecast;
  };
  std::optional<EarlyWork> early_;
  bool ending_ = false;
  std::chrono::milliseconds recover_at_{0};  ///< Not before this boot time.
  bool recovered_ = false;                   ///< What an earlier run left is finished.
  bool in_round_ = false;                    ///< The last pass has not seen all of the inbox.
  bool someone_waits_ = false;
};

}  // namespace ignite
