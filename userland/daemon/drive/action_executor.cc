// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/action_executor.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <utility>

#include "userland/config/model.h"
#include "userland/daemon/drive/sa_spec.h"

namespace awtun::daemon {
namespace {

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

}  // namespace

Result<void, std::string> ActionExecutor::operator()(ike::Action action) {
  return std::visit([this](auto& what) { return perform(std::move(what)); }, action);
}

ActionExecutor::Done ActionExecutor::perform(ike::Send send) {
  transport_.send(std::move(send));
  return {};
}

ActionExecutor::Done ActionExecutor::perform(const ike::SendKeepalive& keepalive) {
  transport_.send(keepalive);
  return {};
}

// Without it the peer's first packets may be lost, no more.
ActionExecutor::Done ActionExecutor::perform(const ike::ExpectSa& expected) {
  const auto index = ifindex(expected.tunnel);
  if (!index) return {};
  if (const auto done = data_plane_.expect_sa(*index, expected.spi); !done)
    spdlog::debug("{}: {}", config::tunnel_name(expected.tunnel), done.error().to_string());
  return {};
}

ActionExecutor::Done ActionExecutor::perform(const ike::AddSa& add) {
  const auto index = ifindex(add.tunnel);
  if (!index) return Error{index.error()};
  if (add.transport) return Error{std::string("the kernel module does not support transport mode")};
  const auto spec = sa_spec(add, *index);
  auto added = spec ? as_text(data_plane_.add_sa(*spec)) : Done(Error{spec.error()});
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
  const auto deleted = data_plane_.delete_sa({*index, remove.direction, remove.spi});
  if (deleted || deleted.error().code == ENOENT || deleted.error().code == ENODEV) return {};
  spdlog::warn("{}: {}", config::tunnel_name(remove.tunnel), deleted.error().to_string());
  return as_text(deleted);
}

// Only SAs in UDP move: their ports are those of IKE.
ActionExecutor::Done ActionExecutor::perform(const ike::MoveSa& move) {
  const auto index = ifindex(move.tunnel);
  if (!index) return Error{index.error()};
  auto moved = as_text(data_plane_.move_sa(*index, move.spi, move.remote.address,
                                           kernel::UdpPorts{move.local.port, move.remote.port}));
  if (!moved) spdlog::warn("{}: {}", config::tunnel_name(move.tunnel), moved.error());
  return moved;
}

ActionExecutor::Done ActionExecutor::perform(ike::StartJob start) {
  auto started = workers_.start(std::move(start));
  if (!started) spdlog::warn("{}", started.error());
  return started;
}

ActionExecutor::Done ActionExecutor::perform(const ike::CancelJob& cancel) {
  workers_.cancel(cancel.token);
  return {};
}

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
