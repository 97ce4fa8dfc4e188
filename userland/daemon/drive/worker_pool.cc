// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/worker_pool.h"

#include <sys/eventfd.h>

#include <csignal>
#include <system_error>
#include <utility>

namespace awtun::daemon {
namespace {

UniqueFd open_eventfd() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

/// Signals are the loop's.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

std::string describe(ike::JobQueue::Full full) {
  return full == ike::JobQueue::Full::Share
             ? "too many negotiations of one tunnel, or of one network, at once"
             : "too many negotiations at once";
}

}  // namespace

WorkerPool::WorkerPool(EventLoop& loop, Run run, Finish finish, Size size)
    : run_(std::move(run)),
      finish_(std::move(finish)),
      size_(size),
      waiting_(size.waiting),
      wake_up_(open_eventfd()),
      results_(loop, wake_up_.get(), [this] { deliver(); }) {
  for (std::size_t i = 0; i < size_.threads; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

// All are notified before the first is waited for.
WorkerPool::~WorkerPool() {
  for (auto& thread : threads_) thread.request_stop();
}

Result<void, std::string> WorkerPool::start(ike::StartJob job) {
  {
    const std::scoped_lock lock(mutex_);
    const auto queued = waiting_.push(std::move(job));
    if (!queued) return Error{describe(queued.error())};
  }
  something_waits_.notify_one();
  return {};
}

void WorkerPool::cancel(std::uint64_t token) {
  const std::scoped_lock lock(mutex_);
  waiting_.cancel(token);
}

// ---------------------------------------------------------------- on the workers' threads

void WorkerPool::work(const std::stop_token& stop) {
  block_signals();
  while (const auto job = next(stop)) finished({job->token, run_(job->job)});
}

std::optional<ike::StartJob> WorkerPool::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!something_waits_.wait(lock, stop, [this] { return !waiting_.empty(); }) || stop.stop_requested())
    return std::nullopt;
  return waiting_.pop();
}

void WorkerPool::finished(ike::JobDone done) {
  {
    const std::scoped_lock lock(mutex_);
    done_.push_back(std::move(done));
  }
  (void)::eventfd_write(wake_up_.get(), 1);
}

// ---------------------------------------------------------------- on the loop's thread

void WorkerPool::deliver() {
  eventfd_t count = 0;
  (void)::eventfd_read(wake_up_.get(), &count);
  std::vector<ike::JobDone> done;
  {
    const std::scoped_lock lock(mutex_);
    done.swap(done_);
  }
  for (auto& each : done) finish_(std::move(each));
}

}  // namespace awtun::daemon
