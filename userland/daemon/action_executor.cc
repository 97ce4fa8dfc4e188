// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/action_executor.h"

#include <linux/awtun.h>
#include <spdlog/spdlog.h>

#include <cerrno>

#include "userland/config/model.h"

namespace awtun::daemon {
namespace {

/// Packets. Those of one burst overtake those of another on a router with many processors; 64, the
/// least that RFC 4303 wants, is less than one burst.
constexpr std::uint32_t replay_window = AWTUN_REPLAY_WINDOW_MAX;

kernel::SaDirection kernel_direction(ike::Direction direction) {
  return direction == ike::Direction::In ? kernel::SaDirection::In : kernel::SaDirection::Out;
}

spdlog::level::level_enum log_level(ike::Notice::Level level) {
  switch (level) {
    case ike::Notice::Level::Debug:
      return spdlog::level::debug;
    case ike::Notice::Level::Info:
      return spdlog::level::info;
    case ike::Notice::Level::Warning:
      return spdlog::level::warn;
  }
  return spdlog::level::warn;
}

Result<void, std::string> as_text(const kernel::KernelResult<void>& result) {
  if (result) return {};
  return Error{result.error().to_string()};
}

}  // namespace

Result<void, std::string> ActionExecutor::operator()(const ike::Action& action) {
  return std::visit([this](const auto& what) { return perform(what); }, action);
}

// A datagram that cannot be sent is like one that got lost: the engine retransmits.
ActionExecutor::Done ActionExecutor::perform(const ike::Send& send) {
  auto sent = transport_.send(send);
  if (!sent) spdlog::debug("send to {}: {}", send.remote.to_string(), sent.error());
  return sent;
}

ActionExecutor::Done ActionExecutor::perform(const ike::AddSa& add) {
  const auto index = ifindex(add.tunnel);
  if (!index) return Error{index.error()};
  const kernel::SaSpec spec{*index,
                            kernel_direction(add.direction),
                            add.spi,
                            add.transform,
                            &add.encryption_key,
                            &add.salt,
                            &add.integrity_key,
                            add.direction == ike::Direction::In ? replay_window : 0};
  auto added = as_text(data_plane_.add_sa(spec));
  if (!added)
    spdlog::warn("{}: {}", config::tunnel_name(add.tunnel), added.error());
  else if (key_log_ != nullptr)
    key_log_->record(add);
  return added;
}

ActionExecutor::Done ActionExecutor::perform(const ike::ActivateSa& activate) {
  const auto index = ifindex(activate.tunnel);
  if (!index) return Error{index.error()};
  auto activated = as_text(data_plane_.activate_sa(*index, activate.spi));
  if (!activated) spdlog::warn("{}: {}", config::tunnel_name(activate.tunnel), activated.error());
  return activated;
}

// An SA that is already gone, or went with its interface, is as deleted as one can be.
ActionExecutor::Done ActionExecutor::perform(const ike::DeleteSa& remove) {
  const auto index = ifindex(remove.tunnel);
  if (!index) return {};
  const auto deleted = data_plane_.delete_sa({*index, kernel_direction(remove.direction), remove.spi});
  if (deleted || deleted.error().code == ENOENT || deleted.error().code == ENODEV) return {};
  spdlog::warn("{}: {}", config::tunnel_name(remove.tunnel), deleted.error().to_string());
  return as_text(deleted);
}

// INTERIM: the next steps fill these in; the engine does not ask for them yet.
ActionExecutor::Done ActionExecutor::perform(const ike::SendKeepalive&) { return {}; }
ActionExecutor::Done ActionExecutor::perform(const ike::MoveSa&) { return {}; }
ActionExecutor::Done ActionExecutor::perform(const ike::StartJob&) { return {}; }

ActionExecutor::Done ActionExecutor::perform(const ike::IkeKeys& keys) {
  if (key_log_ != nullptr) key_log_->record(keys);
  return {};
}

ActionExecutor::Done ActionExecutor::perform(const ike::Notice& notice) {
  const auto who = notice.tunnel ? config::tunnel_name(*notice.tunnel) + ": " : "";
  spdlog::log(log_level(notice.level), "{}{}", who, notice.text);
  return {};
}

Result<std::uint32_t, std::string> ActionExecutor::ifindex(ike::TunnelId tunnel) const {
  if (const auto link = tunnels_.find(tunnel)) return link->ifindex;
  return Error{std::string("the interface does not exist")};
}

}  // namespace awtun::daemon
