// Runs independent work on many threads and hands the results on in order, with a bounded number of
// items in flight.
//
// The packager compresses and the reader verifies through it. With one thread no other thread is
// started: work runs inside Push.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace ignite::format {

/// More workers than this would not pay and would cost memory: each holds an item or two of a few
/// MiB.
inline constexpr unsigned kMaxWorkers = 8;

/// 0 means all cores.
inline unsigned WorkerCount(unsigned wanted) {
  unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return std::min(wanted == 0 ? cores : wanted, kMaxWorkers);
}

template <class Item>
class OrderedPipeline {
 public:
  using Step = std::function<Result<>(Item&)>;

  /// `work` runs on any worker, `deliver` on the thread that calls Push and Finish, in the order of
  /// the pushes.
  OrderedPipeline(unsigned workers, Step work, Step deliver)
      : work_(std::move(work)), deliver_(std::move(deliver)), capacity_(workers + 2) {
    for (unsigned i = 0; workers > 1 && i < workers; ++i)
      threads_.emplace_back([this] { WorkLoop(); });
  }

  ~OrderedPipeline() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_waiting_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  OrderedPipeline(const OrderedPipeline&) = delete;
  OrderedPipeline& operator=(const OrderedPipeline&) = delete;

  /// May deliver earlier items. After an Error the pipeline is of no use any more.
  Result<> Push(Item item) {
    if (threads_.empty()) {
      TRY(work_(item));
      return deliver_(item);
    }
    while (in_flight_.size() >= capacity_) TRY(DeliverOldest());
    auto job = std::make_shared<Job>(Job{std::move(item), {}, false});
    in_flight_.push_back(job);
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(std::move(job));
    }
    work_waiting_.notify_one();
    return {};
  }

  /// Delivers what is left.
  Result<> Finish() {
    while (!in_flight_.empty()) TRY(DeliverOldest());
    return {};
  }

 private:
  struct Job {
    Item item;
    Result<> result;
    bool done;
  };

  Result<> DeliverOldest() {
    std::shared_ptr<Job> job = std::move(in_flight_.front());
    in_flight_.pop_front();
    {
      std::unique_lock lock(mutex_);
      work_done_.wait(lock, [&] { return job->done; });
    }
    TRY(std::move(job->result));
    return deliver_(job->item);
  }

  void WorkLoop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_waiting_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      std::shared_ptr<Job> job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      Result<> result = work_(job->item);
      lock.lock();
      job->result = std::move(result);
      job->done = true;
      work_done_.notify_all();
    }
  }

  Step work_;
  Step deliver_;
  size_t capacity_;
  std::deque<std::shared_ptr<Job>> in_flight_;  ///< Only the pushing thread touches it.
  std::mutex mutex_;
  std::condition_variable work_waiting_;
  std::condition_variable work_done_;
  std::deque<std::shared_ptr<Job>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ignite::format
