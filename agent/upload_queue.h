// The uploads of the inbox from scan to scan: what keeps each from being taken now, and whose turn
// it is. It remembers and decides; the daemon acts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/engine/settings.h"
#include "agent/engine/verdict.h"
#include "agent/forecast.h"
#include "agent/inbox/inbox.h"
#include "agent/outbox/probe_page.h"
#include "base/clock.h"

namespace ignite {

class UploadQueue {
 public:
  /// What was tried in vain is not tried again before.
  static constexpr Clock::Milliseconds kRetry{30'000};
  /// One that did not grow for so long has stopped.
  static constexpr Clock::Milliseconds kStopped = std::chrono::minutes(1);
  static constexpr Clock::Milliseconds kStalled = std::chrono::hours(24);

  UploadQueue(const engine::Settings& settings, Clock& clock)
      : settings_(settings), clock_(clock) {}

  /// More uploads that wait are not told of: each has files in the outbox.
  static constexpr size_t kMostTold = 50;
  /// So many ends at most between two events of the daemon, for each is synced to the disk.
  static constexpr int kMostEnds = 16;

  /// In the order in which they have their turn: behind the one that was taken last, so that no
  /// name which comes again and again keeps another from it.
  void Order(std::vector<inbox::Upload>& uploads) const;

  /// The end of an upload that never became a bundle; nullopt where it still may.
  static std::optional<engine::Verdict> EndOf(const inbox::Upload& upload);

  static constexpr int kWhole = 100;
  /// Why an upload waits, for whoever waits for it.
  struct Obstacle {
    std::string cause;
    std::string remedy;
    int percent = kWhole;    ///< Of the upload.
    std::string brief = {};  ///< The cause, where that changes by the second: without what does.
  };
  /// What keeps it from being taken as a whole, whoever is at work; nullopt for nothing.
  std::optional<Obstacle> ObstacleOf(const inbox::Upload& upload);
  /// Whether it is to be said: it was not yet of this version, and counts as said from here on.
  bool IsNews(const inbox::Upload& upload, const Obstacle& obstacle);

  /// It was not tried in vain just now. What is taken is not taken again before kRetry.
  bool MayTake(const inbox::Upload& upload);
  void Take(const inbox::Upload& upload);

  /// One that still comes in and may be staged meanwhile; nullptr where there is none, or one that
  /// is complete has its turn.
  const inbox::Upload* NextEarly(const std::vector<inbox::Upload>& uploads);
  void TakeEarly(const inbox::Upload& upload);
  /// `may_again`: nothing speaks against the upload. `forecast`: what it is going to be.
  void EndEarly(const std::string& name, bool may_again, std::optional<Forecast> forecast);

  /// Forgets those that are gone.
  void Tidy(const inbox::Inbox& inbox);
  std::vector<std::string> Names() const;
  /// All but the one that is at work, with the words that were said of each.
  std::vector<outbox::WaitingUpload> Waiting(const std::string& at_work) const;

 private:
  /// What is remembered while it comes in.
  struct Arriving {
    std::optional<Clock::Milliseconds> grew_at;  ///< Was seen to grow, at this boot time.
    Clock::Milliseconds retry_at{0};             ///< Not staged early before this boot time.
    bool is_waited_for = false;                  ///< Not staged early at all.
    std::optional<Forecast> forecast;
  };
  struct Entry {
    inbox::FileVersion version;
    bool is_told_of = false;                         ///< Kept from version to version.
    std::string told;                                ///< So that each thing is said once.
    std::string brief;                               ///< The same, for PROBE.txt.
    Clock::Milliseconds retry_at{0};                 ///< Not taken before this boot time.
    std::optional<Clock::Milliseconds> ready_since;  ///< Complete, since this boot time.
    std::string content_id;
    Arriving arriving;  ///< Kept from version to version of one file with one content.
  };

  Entry& EntryOf(const inbox::Upload& upload);
  bool IsInWindow(Clock::Milliseconds waited) const;
  static Obstacle ComingIn(const inbox::Upload& upload, const std::optional<Forecast>& forecast);

  const engine::Settings& settings_;
  Clock& clock_;
  std::map<std::string, Entry> entries_;  ///< By name.
  size_t told_of_ = 0;                    ///< How many of them are.
  std::string last_taken_;
};

}  // namespace ignite
