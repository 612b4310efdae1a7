#include "agent/upload_queue.h"

#include <algorithm>
#include <cstring>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/translation.h"

namespace ignite {
namespace {

using Milliseconds = Clock::Milliseconds;

/// What grew within this time is coming in.
constexpr Milliseconds kGrowsNow{5'000};

}  // namespace

void UploadQueue::Order(std::vector<inbox::Upload>& uploads) const {
  auto next = std::find_if(uploads.begin(), uploads.end(), [this](const inbox::Upload& upload) {
    return strverscmp(upload.name.c_str(), last_taken_.c_str()) > 0;
  });
  std::rotate(uploads.begin(), next, uploads.end());
}

std::optional<engine::Verdict> UploadQueue::EndOf(const inbox::Upload& upload) {
  engine::Verdict verdict;
  if (upload.kind == inbox::Upload::Kind::kNoBundle) {
    verdict.state = engine::State::kRefused;
    verdict.reason = engine::ReasonForBundleError(upload.fault->code);
    verdict.cause = upload.fault->cause;
    verdict.remedy = upload.fault->remedy;
    return verdict;
  }
  if (upload.kind != inbox::Upload::Kind::kGrowing || upload.idle <= kStalled) return std::nullopt;
  verdict.state = engine::State::kFailed;
  verdict.reason = "stalled";
  verdict.cause = StrCat("the upload stopped at ", SizeInWords(upload.version.size),
                         " and did not go on for a day");
  verdict.remedy = "upload the file again";
  return verdict;
}

UploadQueue::Entry& UploadQueue::EntryOf(const inbox::Upload& upload) {
  Entry& entry = entries_[upload.name];
  if (entry.version == upload.version) return entry;
  Entry former = std::move(entry);
  entry = Entry{};
  entry.version = upload.version;
  entry.content_id = upload.content_id;
  entry.is_told_of = former.is_told_of;
  if (former.version.IsSameFile(upload.version) && former.content_id == upload.content_id) {
    entry.arriving = std::move(former.arriving);
    if (former.version.size < upload.version.size) entry.arriving.grew_at = clock_.BootTime();
  }
  return entry;
}

bool UploadQueue::IsInWindow(Milliseconds waited) const {
  return !settings_.window || settings_.window->MayBegin(clock_.WallSeconds(), waited);
}

std::optional<UploadQueue::Obstacle> UploadQueue::ObstacleOf(const inbox::Upload& upload) {
  Entry& entry = EntryOf(upload);
  if (upload.kind != inbox::Upload::Kind::kComplete)
    return ComingIn(upload, entry.arriving.forecast);
  if (!settings_.auto_apply) {
    return Obstacle{Msgid("it is complete; this probe applies nothing by itself"),
                    "an engineer runs 'ignite install' with it"};
  }
  Milliseconds now = clock_.BootTime();
  if (!entry.ready_since) entry.ready_since = now;
  if (IsInWindow(now - *entry.ready_since)) return std::nullopt;
  return Obstacle{StrCat("it is complete, and waits for the maintenance window ",
                         settings_.window->ToString(), " by this probe's clock"),
                  "nothing: it begins by itself; 'ignite install' with it begins now"};
}

UploadQueue::Obstacle UploadQueue::ComingIn(const inbox::Upload& upload,
                                            const std::optional<Forecast>& forecast) {
  bool known = upload.expected_size && *upload.expected_size > 0;
  bool stopped = upload.idle >= kStopped;
  Obstacle obstacle;
  obstacle.percent = known ? PercentOf(upload.version.size, *upload.expected_size) : 0;
  obstacle.brief = stopped ? Msgid("the upload has stopped") : Msgid("the upload is coming in");
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

bool UploadQueue::IsNews(const inbox::Upload& upload, const Obstacle& obstacle) {
  Entry& entry = EntryOf(upload);
  if (entry.told == obstacle.cause) return false;
  if (!entry.is_told_of && told_of_ >= kMostTold) return false;
  told_of_ += entry.is_told_of ? 0 : 1;
  entry.is_told_of = true;
  entry.told = obstacle.cause;
  entry.brief = obstacle.brief.empty() ? obstacle.cause : obstacle.brief;
  return true;
}

bool UploadQueue::MayTake(const inbox::Upload& upload) {
  return clock_.BootTime() >= EntryOf(upload).retry_at;
}

void UploadQueue::Take(const inbox::Upload& upload) {
  Entry& entry = EntryOf(upload);
  entry.told.clear();
  entry.brief = Msgid("its status says for what");
  entry.retry_at = clock_.BootTime() + kRetry;
  last_taken_ = upload.name;
}

const inbox::Upload* UploadQueue::NextEarly(const std::vector<inbox::Upload>& uploads) {
  bool is_ones_turn = std::any_of(uploads.begin(), uploads.end(), [](const inbox::Upload& upload) {
    return upload.kind == inbox::Upload::Kind::kComplete;
  });
  bool may_begin = settings_.stage == engine::StageUploads::kEarly && settings_.auto_apply &&
                   IsInWindow(Milliseconds(0));
  if (!may_begin || is_ones_turn) return nullptr;
  Milliseconds now = clock_.BootTime();
  auto next = std::find_if(uploads.begin(), uploads.end(), [&](const inbox::Upload& upload) {
    const Arriving& arriving = EntryOf(upload).arriving;
    // One of full length that is not settled may have been made so before its bytes came.
    bool comes_in = !upload.content_id.empty() && upload.expected_size &&
                    upload.version.size < *upload.expected_size && arriving.grew_at &&
                    now - *arriving.grew_at < kGrowsNow;
    return comes_in && !arriving.is_waited_for && now >= arriving.retry_at;
  });
  return next == uploads.end() ? nullptr : &*next;
}

void UploadQueue::TakeEarly(const inbox::Upload& upload) {
  Entry& entry = EntryOf(upload);
  entry.told.clear();
  entry.arriving.retry_at = clock_.BootTime() + kRetry;
}

void UploadQueue::EndEarly(const std::string& name, bool may_again,
                           std::optional<Forecast> forecast) {
  auto found = entries_.find(name);
  if (found == entries_.end()) return;
  found->second.arriving.is_waited_for = !may_again;
  found->second.arriving.forecast = std::move(forecast);
}

void UploadQueue::Tidy(const inbox::Inbox& inbox) {
  std::erase_if(entries_, [&](const auto& entry) {
    auto version = inbox.VersionOf(entry.first);
    return version && !*version;
  });
  told_of_ = static_cast<size_t>(std::count_if(
      entries_.begin(), entries_.end(), [](const auto& entry) { return entry.second.is_told_of; }));
}

std::vector<std::string> UploadQueue::Names() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.push_back(entry.first);
  return names;
}

std::vector<outbox::WaitingUpload> UploadQueue::Waiting(const std::string& at_work) const {
  std::vector<outbox::WaitingUpload> waiting;
  for (const auto& [name, entry] : entries_) {
    if (!entry.brief.empty() && name != at_work) waiting.push_back({name, entry.brief});
  }
  return waiting;
}

}  // namespace ignite
