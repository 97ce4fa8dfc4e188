// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/event_loop.h"

#include <new>
#include <utility>

namespace awtun::daemon {

EventLoop::EventLoop() : base_(event_base_new()) {
  if (!base_) throw std::bad_alloc();
}

void EventLoop::run() { event_base_dispatch(base_.get()); }

void EventLoop::stop() { event_base_loopbreak(base_.get()); }

Watcher::Watcher(EventLoop& loop, int fd_or_signal, short what, Callback callback)
    : callback_(std::move(callback)),
      event_(event_new(
          loop.base(), fd_or_signal, what,
          [](evutil_socket_t, short, void* self) { static_cast<Watcher*>(self)->callback_(); }, this)) {
  if (!event_) throw std::bad_alloc();
}

ReadWatcher::ReadWatcher(EventLoop& loop, int fd, Callback callback)
    : Watcher(loop, fd, EV_READ | EV_PERSIST, std::move(callback)) {
  event_add(handle(), nullptr);
}

void ReadWatcher::pause() { event_del(handle()); }

void ReadWatcher::resume() { event_add(handle(), nullptr); }

SocketWatcher::SocketWatcher(EventLoop& loop, int fd, bool readable, bool writable, Callback callback)
    : Watcher(loop, fd, static_cast<short>((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0) | EV_PERSIST),
              std::move(callback)) {
  event_add(handle(), nullptr);
}

SignalWatcher::SignalWatcher(EventLoop& loop, int number, Callback callback)
    : Watcher(loop, number, EV_SIGNAL | EV_PERSIST, std::move(callback)) {
  event_add(handle(), nullptr);
}

Deferred::Deferred(EventLoop& loop, Callback callback) : Watcher(loop, -1, 0, std::move(callback)) {}

// It goes to the end of the list of active events; there already, it stays where it is.
void Deferred::request() { event_active(handle(), EV_TIMEOUT, 0); }

Timer::Timer(EventLoop& loop, Callback callback) : Watcher(loop, -1, 0, std::move(callback)) {}

void Timer::start(std::chrono::milliseconds delay) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(delay - seconds);
  const timeval after{seconds.count(), rest.count()};
  event_add(handle(), &after);
}

void Timer::stop() { event_del(handle()); }

bool Timer::running() { return event_pending(handle(), EV_TIMEOUT, nullptr) != 0; }

}  // namespace awtun::daemon
