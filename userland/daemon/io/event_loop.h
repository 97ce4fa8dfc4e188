// SPDX-License-Identifier: Apache-2.0
// libevent's base and events as values that clean up after themselves. One thread.
#pragma once

#include <event2/event.h>

#include <chrono>
#include <functional>
#include <memory>

namespace awtun::daemon {

class EventLoop {
 public:
  EventLoop();

  /// Serves events until stop() is called.
  void run();
  void stop();

  [[nodiscard]] event_base* base() { return base_.get(); }

 private:
  struct Free {
    void operator()(event_base* base) const { event_base_free(base); }
  };
  std::unique_ptr<event_base, Free> base_;
};

/// Calls back when something happens; stops when it goes. libevent keeps its address, so it stays
/// where it was made. Must not outlive the loop.
class Watcher {
 public:
  using Callback = std::function<void()>;

  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 protected:
  Watcher(EventLoop& loop, int fd_or_signal, short what, Callback callback);
  [[nodiscard]] event* handle() { return event_.get(); }

 private:
  struct Free {
    void operator()(event* event) const { event_free(event); }
  };
  Callback callback_;
  std::unique_ptr<event, Free> event_;
};

/// Calls back whenever a descriptor, which it does not own, is readable.
class ReadWatcher : public Watcher {
 public:
  ReadWatcher(EventLoop& loop, int fd, Callback callback);
  /// Does not call back until resume().
  void pause();
  void resume();
};

/// The same, also when it is writable.
class SocketWatcher : public Watcher {
 public:
  SocketWatcher(EventLoop& loop, int fd, bool readable, bool writable, Callback callback);
};

/// Calls back whenever the process gets a signal.
class SignalWatcher : public Watcher {
 public:
  SignalWatcher(EventLoop& loop, int number, Callback callback);
};

/// Calls back once after request(), when the events that the loop has at hand are served and before it
/// waits for others.
class Deferred : public Watcher {
 public:
  Deferred(EventLoop& loop, Callback callback);
  void request();
};

/// Calls back once after start(), unless started again or stopped before.
class Timer : public Watcher {
 public:
  Timer(EventLoop& loop, Callback callback);
  void start(std::chrono::milliseconds delay);
  void stop();
  [[nodiscard]] bool running();
};

}  // namespace awtun::daemon
