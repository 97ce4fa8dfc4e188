// SPDX-License-Identifier: Apache-2.0
// The IKEv2 engine: RFC 7296 as a function from inputs to actions. It reads no clock, no socket,
// no file and no random device, so one process can hold many engines and a test can own time.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "userland/base/secret.h"
#include "userland/ike/events.h"
#include "userland/ike/policy.h"
#include "userland/ike/random_source.h"
#include "userland/ike/status.h"

namespace awtun::ike {

/// Parameters that an engine gets once.
struct Settings {
  /// From which the tokens of quick crash detection are made (RFC 6290); it must outlive restarts.
  /// Empty: no tokens are given out.
  Secret quick_crash_secret{};
  /// How long ago authentic ESP came by an inbound SA, whose SPI is in host byte order; nullopt: never, or it
  /// is not known. Null: it is never known. Such ESP shows that the peer lives (RFC 7296 2.4).
  std::function<std::optional<Duration>(TunnelId, std::uint32_t spi)> esp_heard = nullptr;
};

/// One IKEv2 speaker. Not thread safe: one thread owns an engine.
class Engine {
 public:
  explicit Engine(RandomSource random, Settings settings = {});
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  /// Takes one input at time `now`, which never goes back, and returns what is to be done about
  /// it, in order. No input, from any source, makes it throw.
  [[nodiscard]] Actions step(Time now, Input input);

  /// When to call step() with TimerDue; nullopt: not before the next input.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  [[nodiscard]] Status status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace awtun::ike
