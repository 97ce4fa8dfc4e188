// SPDX-License-Identifier: Apache-2.0
// Threads for the engine's jobs, so that public key cryptography holds up no packet.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "userland/base/result.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/daemon/io/unique_fd.h"
#include "userland/ike/engine.h"
#include "userland/ike/job_queue.h"

namespace awtun::daemon {

/// Does jobs in the order of a JobQueue. When it goes, jobs under way are waited for and those that have
/// not begun are forgotten.
class WorkerPool {
 public:
  /// Called on several threads at once: shares nothing that changes, logs nothing, does not throw.
  using Run = std::function<ike::JobResult(const ike::Job&)>;
  /// Called by the loop.
  using Finish = std::function<void(ike::JobDone)>;

  struct Size {
    /// As many as there are processors but for one, which is the loop's; at least one.
    std::size_t threads = std::max(2U, std::thread::hardware_concurrency()) - 1;
    ike::JobQueue::Limits waiting{};  ///< jobs
  };

  WorkerPool(EventLoop& loop, Run run, Finish finish, Size size);
  WorkerPool(EventLoop& loop, Run run, Finish finish)
      : WorkerPool(loop, std::move(run), std::move(finish), Size()) {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  /// Refused when too many wait.
  Result<void, std::string> start(ike::StartJob job);
  /// Not to be begun; one that has begun is finished all the same.
  void cancel(std::uint64_t token);

 private:
  void work(const std::stop_token& stop);
  std::optional<ike::StartJob> next(const std::stop_token& stop);
  void finished(ike::JobDone done);
  void deliver();

  Run run_;
  Finish finish_;
  Size size_;
  std::mutex mutex_;  ///< of waiting_ and done_
  std::condition_variable_any something_waits_;
  ike::JobQueue waiting_;
  std::vector<ike::JobDone> done_;
  UniqueFd wake_up_;
  ReadWatcher results_;
  std::vector<std::jthread> threads_;
};

}  // namespace awtun::daemon
